"""The provider keeps the promises of every provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claif.testing import ProviderConformance, ScriptedServer

COUNTED = frozenset(("after", "cut", "short"))
"""Behaviours that count events.

In this protocol the server sends what begins an answer together with its first piece of text, as one event. In the
others, for which the suite counts, it is an event of its own.
"""


class TestMessages(ProviderConformance):
    def settings(self, server: ScriptedServer, **behaviour: object) -> Mapping[str, Any]:
        counts = {name: count - 1 for name in COUNTED if isinstance(count := behaviour.get(name), int)}
        return {"type": "anthropic", "base_url": server.root_url(**{**behaviour, **counts})}
