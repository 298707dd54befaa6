"""Providers made at run time, and sources of configuration: collected one plugin at a time."""

from __future__ import annotations

from typing import Any

import pytest

from claif.plugin.manager import PluginManager

from .sites import Site

MAKE = "def make(context): pass\n"


def offer(*names: str) -> str:
    """A hook module that offers providers of these names."""
    calls = "\n".join(f"    register({name!r}, make, capabilities=['text', 'tools'])" for name in names)
    return f"{MAKE}@hookimpl\ndef claif_register_providers(register):\n{calls}\n"


def offered(manager: PluginManager) -> dict[str, tuple[str, frozenset[str]]]:
    """What is registered: name -> module and capabilities."""
    found: dict[str, tuple[str, frozenset[str]]] = {}

    def register(name: str, factory: Any, *, capabilities: frozenset[str]) -> None:
        found[name] = factory.__module__, capabilities

    manager.register_providers(register)
    return found


def test_providers_made_at_run_time_are_registered(site: Site) -> None:
    """With the capabilities that they declare."""
    site.hooks("claif-a", offer("one", "two"))
    able = frozenset({"text", "tools"})
    assert offered(site.manager()) == {"one": ("claif_a_hooks", able), "two": ("claif_a_hooks", able)}


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("register('two words', make)", "'two words' is not a name for a provider"),
        ("register(3, make)", "3 is not a name for a provider"),
        ("register('x', 'text')", "it is of type str, and neither a class nor a function"),
        ("register('x', make, nonsense=1)", "TypeError"),
        ("1/0", "ZeroDivisionError"),
    ],
)
def test_a_plugin_that_fails_half_way_offers_nothing(site: Site, call: str, reason: str) -> None:
    """What it had registered before is taken back; others go on."""
    site.hooks("claif-bad", offer("early") + f"    {call}\n")
    site.hooks("claif-good", offer("good"))
    manager = site.manager()
    assert set(offered(manager)) == {"good"}
    assert reason in manager.warnings[0][1]


def test_a_name_that_two_plugins_offer_at_run_time_is_refused(site: Site) -> None:
    """It is listed in conflict, until the user decides."""
    site.hooks("claif-a", offer("x", "mine"))
    site.hooks("claif-b", offer("x"))
    manager = site.manager()
    assert set(offered(manager)) == {"mine"}
    entry = manager.providers()["x"]
    assert (entry.state, entry.distribution) == ("conflict", "claif-a, claif-b")
    chosen = site.manager(provider_choice={"x": "claif-b"})
    assert offered(chosen)["x"][0] == "claif_b_hooks"
    assert "x" not in chosen.providers()


def test_a_name_that_is_installed_too_is_refused(site: Site) -> None:
    """A plugin cannot take a provider over at run time."""
    points = {"claif.providers": {"x": "claif_a_p:make"}}
    site.install("claif-a", points, modules={"claif_a_p": MAKE})
    site.hooks("claif-b", offer("x"))
    manager = site.manager()
    assert offered(manager) == {}
    assert manager.providers()["x"].state == "conflict"
    assert "claif-a and claif-b" in manager.providers()["x"].detail
    for chosen, served in (("claif-a", {}), ("claif-b", {"x"})):
        manager = site.manager(provider_choice={"x": chosen})
        assert set(offered(manager)) == set(served)
        assert ("x" in manager.providers()) is (chosen == "claif-a")


def test_a_name_given_to_a_plugin_that_is_not_there_is_served_by_nobody(site: Site) -> None:
    """The one that offers it is a stranger to it."""
    site.hooks("claif-b", offer("x"))
    manager = site.manager(provider_choice={"x": "claif-c"})
    assert offered(manager) == {}
    assert manager.providers()["x"].state == "not installed"


def test_a_plugin_may_offer_at_run_time_what_its_metadata_names_or_what_is_off(site: Site) -> None:
    """The installed one wins where both are its own; one that is off does not count."""
    site.install("claif-off", {"claif.providers": {"x": "nowhere:make"}})
    module = "claif_a_hooks"
    text = "from claif.hookspecs import hookimpl\n" + offer("x", "own")
    site.install(
        "claif-a", {"claif": {"main": module}, "claif.providers": {"own": f"{module}:make"}}, modules={module: text}
    )
    manager = site.manager(disable=["claif-off"])
    assert set(offered(manager)) == {"x"}
    assert manager.providers()["own"].state == "ready"
    assert "x" not in manager.providers()


def test_sources_of_configuration_are_collected(site: Site) -> None:
    """In the order of the distributions; a plugin that fails adds none."""
    head = "from claif.config import ConfigSource\n@hookimpl\ndef claif_config_sources(register):\n"
    for name, then in (("b", ""), ("a", ""), ("c", "    register('no source')\n")):
        site.hooks(f"claif-{name}", f"{head}    register(ConfigSource({name!r}, dict))\n{then}")
    manager = site.manager()
    assert [source.name for source in manager.config_sources()] == ["a", "b"]
    [(plugin, message)] = manager.warnings
    assert plugin == "claif-c"
    assert "it registered a value of type str; wanted is a ConfigSource" in message
