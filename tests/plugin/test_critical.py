"""A critical plugin that does not work refuses every query: a guard must not fail open."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from claif.config import Processors
from claif.errors import PluginError
from claif.models import Message, Query
from claif.plugin.manager import PluginManager

from .sites import Site

QUERY = Query("hello")
CONFIG: Any = SimpleNamespace(processors=Processors())
GUARD = "@hookimpl\ndef claif_query(query): pass\n"


def ask(manager: PluginManager) -> object:
    """Ask for the layers of a query."""
    return manager.query_layers(QUERY, CONFIG, SimpleNamespace())


def test_a_critical_plugin_that_works_lets_queries_pass(site: Site) -> None:
    """In any spelling of its name."""
    site.hooks("claif-guard", GUARD)
    assert ask(site.manager(critical=["Claif.Guard"])) == []


def test_a_critical_plugin_that_raises_refuses_the_query(site: Site) -> None:
    """The error names plugin, hook and reason."""
    site.hooks("claif-guard", "@hookimpl\ndef claif_query(): raise ValueError('lost')")
    with pytest.raises(PluginError) as caught:
        ask(site.manager(critical=["claif-guard"]))
    assert caught.value.message == "claif_query() of the critical plugin claif-guard failed (ValueError: lost)."
    assert "[plugins] critical" in (caught.value.hint or "")
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("options", [{"off": True}, {"disable": ["claif-guard"]}, {"load": []}])
def test_a_critical_plugin_that_is_switched_off_refuses_queries(site: Site, options: dict[str, Any]) -> None:
    """Whatever switched it off: only the list itself can say that it is not needed."""
    site.hooks("claif-guard", GUARD)
    with pytest.raises(PluginError, match="critical plugin claif-guard cannot be used") as caught:
        ask(site.manager(critical=["claif-guard"], **options))
    assert caught.value.hint == "Mend it, or take claif-guard out of [plugins] critical."


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise SystemExit", r"sys.exit"),
        ("@hookimpl\ndef claif_qurey(query): pass\n" + GUARD, "Did you mean claif_query"),
        ("@hookimpl\nasync def claif_query(query): pass", "is async"),
    ],
)
def test_a_critical_plugin_that_cannot_be_loaded_refuses_queries(site: Site, source: str, reason: str) -> None:
    """Also one with a misspelt hook, which would never be called."""
    site.hooks("claif-guard", source)
    manager = site.manager(critical=["claif-guard"])
    for _ in range(2):
        with pytest.raises(PluginError, match=reason):
            ask(manager)


def test_a_critical_plugin_that_is_absent_incompatible_or_without_hooks_refuses_queries(site: Site) -> None:
    """Each with its reason."""
    site.hooks("claif-old", GUARD, requires=["claif<2"])
    site.install("claif-bare", {"claif.providers": {"x": "y:z"}})
    for name, reason in (("claif-gone", "not installed"), ("claif-old", "claif <2"), ("claif-bare", "has no hooks")):
        with pytest.raises(PluginError, match=reason):
            ask(site.manager(critical=[name]))


def test_a_plugin_registered_by_hand_can_be_critical(site: Site) -> None:
    """It counts as installed."""
    manager = site.manager(critical=["mine"])
    with pytest.raises(PluginError):
        ask(manager)
    manager.register(object(), "mine")
    assert ask(manager) == []


def test_a_critical_processor_that_fails_ends_the_query(site: Site) -> None:
    """Its message must not go on unprocessed."""
    site.hooks("claif-guard", "@hookimpl\ndef claif_process_message(message): return 3")
    [processor] = site.manager(critical=["claif-guard"]).processors(CONFIG)
    with pytest.raises(PluginError, match="critical plugin claif-guard failed"):
        processor.apply(Message.assistant("secret"), QUERY)


def test_critical_sources_and_providers_that_fail_are_errors(site: Site) -> None:
    """What they would have added may matter."""
    source = "@hookimpl\ndef claif_config_sources(): 1/0\n@hookimpl\ndef claif_register_providers(): 1/0\n"
    site.hooks("claif-guard", source)
    manager = site.manager(critical=["claif-guard"])
    with pytest.raises(PluginError, match="ZeroDivisionError"):
        manager.config_sources()
    with pytest.raises(PluginError, match="ZeroDivisionError"):
        manager.register_providers(lambda *_arguments, **_more: None)
