"""`claif_cache_store` and `claif_shared_state`: the first that a plugin brings is used; what is none is passed over."""

from __future__ import annotations

from typing import Any

import pytest

from claif.config import Config, ConfigLoader
from claif.errors import PluginError
from claif.hookspecs import hookimpl
from claif.plugin.manager import PluginManager


class Kind:
    """Stands for the class of what is wanted."""


class Brings:
    def __init__(self, result: object) -> None:
        self.result = result

    @hookimpl
    def claif_cache_store(self, config: Config) -> object:
        return self.result if config.cache.store == "mine" else None

    @hookimpl
    def claif_shared_state(self, config: Config) -> object:
        return self.result if config.shared.store == "mine" else None


def registered(*modules: object, critical: tuple[str, ...] = ()) -> PluginManager:
    manager = PluginManager(critical=critical)
    for number, module in enumerate(modules):
        manager.register(module, f"plugin-{number}")
    return manager


def config(**tables: Any) -> Config:
    return ConfigLoader.from_mapping(tables).build()


MINE = config(cache={"store": "mine"}, shared={"store": "mine"})


def asked(manager: PluginManager, of: Config = MINE) -> tuple[object, object]:
    return manager.cache_store(of, Kind), manager.shared_state(of, Kind)


def test_nothing_is_brought_by_nobody() -> None:
    assert asked(PluginManager()) == (None, None)


def test_the_first_by_name_is_used() -> None:
    first, second = Kind(), Kind()
    manager = registered(Brings(first), Brings(second))
    assert asked(manager) == (first, first)
    assert asked(registered(Brings(None), Brings(second))) == (second, second)


def test_the_hook_sees_the_configuration() -> None:
    assert asked(registered(Brings(Kind())), config()) == (None, None)


def test_what_is_of_another_kind_is_passed_over_and_named() -> None:
    manager = registered(Brings("no store"))
    assert asked(manager) == (None, None)
    assert all("wanted is a Kind or None" in message for _, message in manager.warnings)
    assert len(manager.warnings) == 2


def test_a_critical_plugin_that_fails_refuses() -> None:
    manager = registered(Brings("no store"), critical=("plugin-0",))
    with pytest.raises(PluginError, match="claif_cache_store"):
        manager.cache_store(MINE, Kind)
