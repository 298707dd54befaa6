"""Hook modules are imported when a hook is first called; one that cannot work is refused whole, with a reason."""

from __future__ import annotations

import sys

import pytest

from .sites import Site
from .support import layer, layers


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
