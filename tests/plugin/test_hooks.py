"""Hooks are called one by one; what is wrong with one is named, and harms no other."""

from __future__ import annotations

import sys

import pytest

from claif.hookspecs import hookimpl
from claif.pipeline.types import Layer
from claif.plugin.manager import PluginManager

from .sites import Site
from .support import CLIENT, CONFIG, QUERY, layer, layers


def test_layers_come_in_the_order_of_distributions_whatever_they_say_they_are(site: Site) -> None:
    """Built-in ones first; `tryfirst` and `trylast` move one."""
    site.hooks("claif-b", layer("b"))
    site.hooks("claif-a", layer("a"))
    site.hooks("claif-z", layer("z").replace("@hookimpl", "@hookimpl(tryfirst=True)"))
    site.hooks("claif-0", layer("0").replace("@hookimpl", "@hookimpl(trylast=True)"))

    class BuiltIn:
        @hookimpl
        def claif_query(self) -> list[Layer]:
            return [Layer(slot=10, wrap=lambda handler: handler, name="own")]

    manager = site.manager()
    manager.register(BuiltIn(), "claif.layers")
    assert layers(manager) == ["claif-z/z", "claif/own", "claif-a/a", "claif-b/b", "claif-0/0"]


def test_implementations_take_only_the_arguments_that_they_name(site: Site) -> None:
    """In any order."""
    site.hooks(
        "claif-a",
        """
seen = []

@hookimpl
def claif_query(client, query):
    seen.append((client, query))
""",
    )
    assert layers(site.manager()) == []
    assert sys.modules["claif_a_hooks"].seen == [(CLIENT, QUERY)]


def test_several_layers_may_be_returned_and_none(site: Site) -> None:
    """A list, a tuple, an empty list or `None`."""
    site.hooks("claif-a", layer("x").replace("return Layer", "return [Layer") + "    " + "]")
    site.hooks("claif-b", "@hookimpl\ndef claif_query(): return ()")
    site.hooks("claif-c", "@hookimpl\ndef claif_query(): pass")
    assert layers(site.manager()) == ["claif-a/x"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("raise ValueError('no')", "ValueError: no"),
        ("raise SystemExit(1)", "it called sys.exit(1)"),
        ("import trio; raise trio.Cancelled._create()", "Cancelled"),
        ("return 3", "(it returned a value of type int; wanted is a Layer, a list of them, or None"),
        ("return [None]", "it returned a list with a value of type NoneType"),
        ("return (x for x in iter(int, 1))", "it returned a value of type generator"),
        ("return [Layer(slot=Slot.GUARD, wrap=print)] * 101", "it returned 101 layers; at most 100"),
        ("return Layer(slot=Slot.GUARD, wrap='text')", "wraps with a value of type str, not with a function"),
        ("return Layer(slot=999, wrap=print)", "ValueError"),
        ("query.messages = ()", "FrozenInstanceError"),
    ],
)
def test_a_failing_hook_is_skipped_and_named_and_the_others_go_on(site: Site, body: str, reason: str) -> None:
    """Whatever it raises or returns; the warning and the report say what."""
    text = f"from claif.pipeline.types import Layer, Slot\n@hookimpl\ndef claif_query(query):\n    {body}\n"
    site.hooks("claif-bad", text)
    site.hooks("claif-good", layer("good"))
    told: list[tuple[str, str]] = []
    manager = site.manager()
    manager.on_warning(lambda plugin, message: told.append((plugin, message)))
    assert layers(manager) == ["claif-good/good"]
    [(plugin, message)] = told
    assert plugin == "claif-bad"
    assert message.startswith("claif_query() was skipped (")
    assert reason in message
    assert list(manager.warnings) == told
    assert reason in manager.reports()[0].detail


def test_whoever_asks_late_hears_of_earlier_warnings() -> None:
    """Hooks are loaded before anybody can show what went wrong."""
    manager, told = PluginManager(), []
    manager.warn("claif-a", "something")
    manager.on_warning(lambda *warning: told.append(warning))
    manager.warn("claif-b", "more")
    manager.on_warning(None)
    manager.warn("claif-c", "unheard")
    assert told == [("claif-a", "something"), ("claif-b", "more")]


def test_a_hook_that_fails_each_time_differently_does_not_fill_the_memory(site: Site) -> None:
    """Warnings and notes are bounded."""
    site.hooks(
        "claif-bad", "import itertools\nn = itertools.count()\n@hookimpl\ndef claif_query(): raise ValueError(next(n))"
    )
    manager = site.manager()
    for _ in range(300):
        layers(manager)
    assert len(manager.warnings) == 100
    assert len(manager.reports()[0].detail) < 2000


def test_ctrl_c_in_a_hook_passes_through(site: Site) -> None:
    """The user's wish is nobody's failure."""
    site.hooks("claif-a", "@hookimpl\ndef claif_query(): raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        layers(site.manager())


def test_an_implementation_may_have_defaults_and_take_anything_else(site: Site) -> None:
    """Parameters with defaults are its own business."""
    site.hooks("claif-a", "@hookimpl\ndef claif_query(query, mine=3, *rest, **more): assert mine == 3 and not rest")
    manager = site.manager()
    assert layers(manager) == []
    assert list(manager.warnings) == []


def test_observers_cannot_fail_a_query(site: Site) -> None:
    """Not even critical ones: the answer has been given."""
    site.hooks("claif-a", "@hookimpl\ndef claif_query_finished(): raise ValueError")
    manager = site.manager(critical=["claif-a"])
    manager.finished(QUERY, None, ValueError(), 0.1)
    assert "claif_query_finished() was skipped" in manager.warnings[0][1]


def test_asking_costs_next_to_nothing_without_implementations() -> None:
    """No import, no pluggy: two dictionary lookups."""
    import timeit

    manager = PluginManager()
    layers(manager)
    seconds = min(timeit.repeat(lambda: manager.query_layers(QUERY, CONFIG, CLIENT), number=1000, repeat=5))
    assert seconds / 1000 < 20e-6
