"""Hooks are loaded and called one by one; what is wrong with one is named, and harms no other."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from claif.config import Processors
from claif.errors import PluginError
from claif.hookspecs import hookimpl
from claif.models import Query, Reply
from claif.pipeline.types import Layer
from claif.plugin.manager import PluginManager

from .sites import Site

QUERY = Query("hello")
CONFIG: Any = SimpleNamespace(processors=Processors())
CLIENT: Any = SimpleNamespace()

LAYER = """
from claif.pipeline.types import Layer, Slot

@hookimpl
def claif_query(query, config, client):
    return Layer(slot=Slot.GUARD, wrap=lambda handler: handler, name={name!r}, distribution="spoofed")
"""


def layer(name: str) -> str:
    """A hook module that adds one layer."""
    return LAYER.replace("{name!r}", repr(name))


def layers(manager: PluginManager) -> list[str]:
    """The layers of a query, as `distribution/name`."""
    return [f"{each.distribution}/{each.name}" for each in manager.query_layers(QUERY, CONFIG, CLIENT)]


def test_hook_modules_are_imported_on_demand_and_once(site: Site) -> None:
    """Discovery imports nothing; the first call of a hook does, whoever makes it."""
    site.hooks("claif-a", layer("one"))
    manager = site.manager()
    assert "claif_a_hooks" not in sys.modules
    assert layers(manager) == ["claif-a/one"]
    manager.load_hooks()
    assert layers(manager) == ["claif-a/one"]
    [report] = manager.reports()
    assert (report.state, report.hooks) == ("ready", ("claif_query",))
    assert report.load_seconds > 0


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


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise RuntimeError('boom')", "cannot be loaded (RuntimeError: boom)"),
        ("raise SystemExit", "it called sys.exit(None)"),
        ("@hookimpl\nasync def claif_query(): pass", "claif_query() is async"),
        ("@hookimpl\nasync def claif_query(): yield", "claif_query() is async"),
        ("@hookimpl\ndef claif_query(): yield", "claif_query() yields"),
        ("@hookimpl(wrapper=True)\ndef claif_query(): return (yield)", "claif_query() is a wrapper"),
        ("@hookimpl(hookwrapper=True)\ndef claif_query(): yield", "claif_query() is a wrapper"),
        (
            "@hookimpl\ndef claif_query(qurey): pass",
            "takes 'qurey', which this hook does not have; it has query, config",
        ),
        ("@hookimpl\ndef claif_query(*, query): pass", "demands the keyword query"),
        ("def claif_query(query): pass", "claif_query() is not marked with @hookimpl"),
    ],
)
def test_a_plugin_that_cannot_work_is_refused_whole(site: Site, source: str, reason: str) -> None:
    """None of its hooks is called; it is reported as broken, with a remedy, and the others go on."""
    site.hooks("claif-bad", f"@hookimpl\ndef claif_query_finished(record): raise AssertionError\n{source}")
    site.hooks("claif-good", layer("good"))
    manager = site.manager()
    assert layers(manager) == ["claif-good/good"]
    assert not manager.observed
    bad, good = manager.reports()
    assert (bad.state, good.state) == ("broken", "ready")
    assert reason in bad.detail
    assert bad.hooks == ()
    assert bad.hint == "Upgrade or uninstall it, or switch it off: CLAIF_DISABLE_PLUGINS=claif-bad"
    assert [plugin for plugin, _ in manager.warnings] == ["claif-bad"]


def test_a_hook_module_that_breaks_does_not_take_the_plugin_s_providers_along(site: Site) -> None:
    """They may well work."""
    points = {"claif": {"main": "claif_a_hooks"}, "claif.providers": {"a": "claif_a_p:make"}}
    modules = {"claif_a_hooks": "raise ValueError", "claif_a_p": "def make(context): pass"}
    site.install("claif-a", points, modules=modules)
    manager = site.manager()
    manager.load_hooks()
    assert manager.reports()[0].state == "broken"
    assert manager.providers()["a"].load()


def test_hooks_that_do_not_exist_are_reported_with_the_nearest_name(site: Site) -> None:
    """Marked or not; the plugin's other hooks work, for a later Claif may know these."""
    site.hooks(
        "claif-a",
        layer("x")
        + """
@hookimpl
def claif_proces_message(message): pass

@hookimpl
def something_else(): pass

def claif_completely_different(): pass

@hookimpl(optionalhook=True)
def claif_of_the_future(): pass

@hookimpl(specname="claif_query_finished")
def observe(record): pass
""",
    )
    manager = site.manager()
    assert layers(manager) == ["claif-a/x"]
    [report] = manager.reports()
    assert report.state == "ready"
    assert report.hooks == ("claif_query", "claif_query_finished")
    assert "no hook claif_proces_message. Did you mean claif_process_message?" in report.detail
    assert "something_else() is called by nobody" in report.detail
    assert "claif_completely_different() is called by nobody" in report.detail
    assert "future" not in report.detail


def test_a_hook_that_a_module_imports_is_its_own(site: Site) -> None:
    """But modules and classes with such names are no hooks."""
    site.hooks("claif-a", "import sys as claif_sys\nclass claif_thing: pass\nclaif_value = 3\n" + layer("x"))
    manager = site.manager()
    assert layers(manager) == ["claif-a/x"]
    assert manager.reports()[0].detail == ""


def test_an_object_may_stand_for_a_module_but_a_class_may_not(site: Site) -> None:
    """Methods of an object are bound; those of a class would lack it."""
    source = """
from claif.hookspecs import hookimpl

class Plugin:
    @hookimpl
    def claif_query_finished(self, record): pass

plugin = Plugin()
"""
    site.install("claif-a", {"claif": {"main": "claif_a_hooks:plugin"}}, modules={"claif_a_hooks": source})
    site.install("claif-b", {"claif": {"main": "claif_b_hooks:Plugin"}}, modules={"claif_b_hooks": source})
    manager = site.manager()
    manager.load_hooks()
    first, second = manager.reports()
    assert (first.state, first.hooks) == ("ready", ("claif_query_finished",))
    assert second.state == "broken"
    assert "names the class Plugin; name a module or an object instead" in second.detail


def test_one_distribution_may_have_several_hook_modules(site: Site) -> None:
    """The same one twice counts once."""
    points = {"claif": {"one": "claif_a_one", "two": "claif_a_two", "again": "claif_a_one"}}
    text = "from claif.hookspecs import hookimpl\n"
    site.install("claif-a", points, modules={"claif_a_one": text + layer("1"), "claif_a_two": text + layer("2")})
    assert layers(site.manager()) == ["claif-a/1", "claif-a/2"]


def test_plugins_that_are_off_or_incompatible_are_not_imported(site: Site) -> None:
    """Their modules would exit."""
    site.hooks("claif-off", "raise SystemExit")
    site.hooks("claif-old", "raise SystemExit", requires=["claif<2"])
    manager = site.manager(disable=["claif-off"])
    manager.load_hooks()
    assert [report.state for report in manager.reports()] == ["disabled", "incompatible"]
    assert list(manager.warnings) == [("claif-old", manager.reports()[1].detail)]
    assert not {"claif_off_hooks", "claif_old_hooks"} & set(sys.modules)


def test_a_slow_or_heavy_hook_module_is_reported(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """It works, and its author learns what everybody waits for."""
    monkeypatch.setattr("claif.plugin.state.SLOW", 0.0)
    site.module("mistralai", "")
    site.hooks("claif-a", "import mistralai\n" + layer("x"))
    manager = site.manager()
    assert layers(manager) == ["claif-a/x"]
    detail = manager.reports()[0].detail
    assert "Importing claif_a_hooks took " in detail
    assert "Its hook module imports mistralai" in detail
    assert manager.reports()[0].state == "ready"


def test_registering_again_is_the_same_as_once() -> None:
    """A manager that two clients share gets the built-in layers twice."""

    class Plugin:
        @hookimpl
        def claif_query(self) -> Layer:
            return Layer(slot=10, wrap=lambda handler: handler, name="x")

    manager, plugin = PluginManager(), Plugin()
    manager.register(plugin, "Some_Plugin")
    manager.register(plugin, "Some_Plugin")
    manager.register(plugin, "another")
    assert layers(manager) == ["some-plugin/x"]
    assert [report.name for report in manager.reports()] == ["some-plugin"]


def test_registering_what_cannot_work_raises_and_leaves_nothing_behind() -> None:
    """Built-in layers and tests hear of it at once."""

    class Plugin:
        @hookimpl
        def claif_query(self, nothing: object) -> None:
            raise AssertionError

    manager = PluginManager()
    with pytest.raises(PluginError, match=r"The hooks of bad were refused: .*'nothing'"):
        manager.register(Plugin(), "bad")
    assert layers(manager) == []
    assert manager.reports() == ()


def test_another_plugin_cannot_be_registered_under_a_name_that_is_taken() -> None:
    """The first one stays."""

    class Plugin:
        def __init__(self, name: str) -> None:
            self.name = name

        @hookimpl
        def claif_query(self) -> Layer:
            return Layer(slot=10, wrap=lambda handler: handler, name=self.name)  # type: ignore[arg-type]

    manager = PluginManager()
    manager.register(Plugin("first"), "mine")
    with pytest.raises(PluginError, match="mine"):
        manager.register(Plugin("second"), "mine")
    assert layers(manager) == ["mine/first"]


def test_what_pluggy_refuses_after_having_taken_it_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Older versions of pluggy register a plugin and then look it over."""
    import pluggy

    original = pluggy.PluginManager.register

    def register(self: pluggy.PluginManager, plugin: object, name: str) -> None:
        original(self, plugin, name)
        raise ValueError("too late")

    class Plugin:
        @hookimpl
        def claif_query(self) -> None:
            raise AssertionError

    manager = PluginManager()
    monkeypatch.setattr(pluggy.PluginManager, "register", register)
    with pytest.raises(PluginError, match="too late"):
        manager.register(Plugin(), "odd")
    assert layers(manager) == []
    assert list(manager.warnings) == []


def test_loading_goes_on_where_ctrl_c_stopped_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """What had been loaded is not loaded again."""
    site.hooks("claif-a", layer("a"))
    site.hooks("claif-b", "import builtins\nif builtins.claif_test_stop: raise KeyboardInterrupt\n" + layer("b"))
    monkeypatch.setattr("builtins.claif_test_stop", True, raising=False)
    manager = site.manager()
    with pytest.raises(KeyboardInterrupt):
        manager.load_hooks()
    monkeypatch.setattr("builtins.claif_test_stop", False, raising=False)
    assert layers(manager) == ["claif-a/a", "claif-b/b"]


def test_an_implementation_may_have_defaults_and_take_anything_else(site: Site) -> None:
    """Parameters with defaults are its own business."""
    site.hooks("claif-a", "@hookimpl\ndef claif_query(query, mine=3, *rest, **more): assert mine == 3 and not rest")
    manager = site.manager()
    assert layers(manager) == []
    assert list(manager.warnings) == []


def test_a_plugin_registered_later_is_called_from_then_on() -> None:
    """The bound lists are made anew."""
    manager = PluginManager()
    assert layers(manager) == []
    assert not manager.observed
    seen = []

    class Plugin:
        @hookimpl
        def claif_query_finished(self, record: object) -> None:
            seen.append(record)

    manager.register(Plugin(), "late")
    assert manager.observed
    manager.finished(QUERY, Reply(), None, 1.5)
    [record] = seen
    assert (record.query, record.reply, record.error, record.seconds) == (QUERY, Reply(), None, 1.5)


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
