"""`claif_route`: a plugin says in which order members are asked; one that fails is passed over, or refuses."""

from __future__ import annotations

import pytest

from claif import Client
from claif.api import PluginError, hookimpl
from claif.plugin.manager import PluginManager
from claif.testing import FakeProvider


def client(*modules: object, critical: tuple[str, ...] = (), strategy: str = "mine") -> Client:
    manager = PluginManager(critical=critical)
    for number, module in enumerate(modules):
        manager.register(module, f"plugin-{number}")
    providers = {name: FakeProvider.scripted(f"from {name}") for name in "abc"}
    return Client(
        {"routes": {"r": {"members": list("abc"), "strategy": strategy}}}, plugins=manager, providers=providers
    )


class Last:
    @hookimpl
    def claif_route(self, query: object, candidates: list[object], strategy: str) -> object:
        return list(reversed(candidates)) if strategy == "mine" else None


class Wrong:
    def __init__(self, result: object) -> None:
        self.result = result

    @hookimpl
    def claif_route(self) -> object:
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


async def test_a_plugin_brings_a_strategy() -> None:
    async with client(Last()) as c:
        assert (await c.query("hi", provider="r")).provider == "c"


async def test_a_plugin_leaves_other_strategies_alone() -> None:
    async with client(Last(), strategy="priority") as c:
        assert (await c.query("hi", provider="r")).provider == "a"


@pytest.mark.parametrize("result", [7, [], ["a"], RuntimeError("no")])
async def test_what_is_no_order_is_passed_over_and_named(result: object) -> None:
    async with client(Wrong(result), strategy="priority") as c:
        assert (await c.query("hi", provider="r")).provider == "a"
        assert [name for name, message in c.plugins.warnings if "claif_route() was skipped" in message] == ["plugin-0"]


async def test_a_critical_plugin_that_fails_refuses_the_query() -> None:
    async with client(Wrong(RuntimeError("no")), critical=("plugin-0",)) as c:
        with pytest.raises(PluginError, match="claif_route"):
            await c.query("hi", provider="r")


async def test_one_provider_needs_no_order() -> None:
    async with client(Wrong(RuntimeError("no")), critical=("plugin-0",)) as c:
        assert (await c.query("hi", provider="b")).provider == "b"
