"""Clients with a route over providers that play scripts, for tests; times are virtual."""

from __future__ import annotations

from random import Random
from typing import Any

from claif import Client
from claif.plugin.manager import PluginManager
from claif.testing import FakeProvider


class Steady(Random):
    """Jitter that always is as long as it may be, so that times can be told."""

    def uniform(self, a: float, b: float) -> float:
        return b


def routed(answers: dict[str, list[Any]], *, route: dict[str, Any] | None = None, **config: Any) -> Client:
    """A client whose route `all` has the providers of these answers as members, in this order.

    Args:
        answers: the answers of each provider's script.
        route: further keys of the route.
        config: further tables.
    """
    fakes = {name: FakeProvider.scripted(*script) for name, script in answers.items()}
    table = {"members": list(answers), **(route or {})}
    client = Client({"routes": {"all": table}, **config}, plugins=PluginManager(), providers=fakes)
    client.fakes = fakes
    return client
