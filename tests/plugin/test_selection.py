"""The configuration and the environment say which plugins are on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from claif.config import Plugins, Processors
from claif.errors import PluginError
from claif.models import Query
from claif.plugin.manager import PluginManager

from .sites import Site

HOOK = "@hookimpl\ndef claif_query_finished(record): pass\n"


@pytest.fixture
def three(site: Site) -> Site:
    """Three plugins."""
    for name in "abc":
        site.hooks(f"claif-{name}", HOOK)
    return site


def on(site: Site, environ: dict[str, str] | None = None, *, off: bool = False, **table: Any) -> list[str]:
    """The plugins that are on."""
    config: Any = SimpleNamespace(plugins=Plugins(**table))
    manager = PluginManager.for_config(config, environ=environ or {}, off=off, path=[str(site.folder)])
    return [report.name[-1] for report in manager.reports() if report.state == "ready"]


@pytest.mark.parametrize(
    ("environ", "table", "expected"),
    [
        ({}, {}, "abc"),
        ({"CLAIF_PLUGINS": "claif-a, Claif_C"}, {}, "ac"),
        ({"CLAIF_PLUGINS": ""}, {}, ""),
        ({"CLAIF_PLUGINS": "claif-unknown"}, {}, ""),
        ({"CLAIF_DISABLE_PLUGINS": "claif-b"}, {}, "ac"),
        ({"CLAIF_DISABLE_PLUGINS": "claif-b,"}, {"disable": ("claif.a",)}, "c"),
        ({"CLAIF_DISABLE_PLUGINS": ""}, {"disable": ("claif-c",)}, "ab"),
        ({"CLAIF_PLUGINS": "claif-a,claif-b", "CLAIF_DISABLE_PLUGINS": "claif-b"}, {}, "a"),
    ],
)
def test_variables_and_the_table_select(
    three: Site, environ: dict[str, str], table: dict[str, Any], expected: str
) -> None:
    """`CLAIF_PLUGINS` alone switches on; everything else switches off."""
    assert on(three, environ, **table) == list(expected)


def test_no_plugins_beats_everything(three: Site) -> None:
    """`--no-plugins` is for when nothing works."""
    assert on(three, {"CLAIF_PLUGINS": "claif-a"}, off=True) == []


def test_the_process_s_own_environment_is_the_default(three: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that is given nothing reads it."""
    monkeypatch.setenv("CLAIF_PLUGINS", "claif-b")
    config: Any = SimpleNamespace(plugins=Plugins())
    manager = PluginManager.for_config(config, path=[str(three.folder)])
    assert [report.state for report in manager.reports()] == ["disabled", "ready", "disabled"]


def test_critical_plugins_and_chosen_providers_come_from_the_table(three: Site) -> None:
    """`[plugins] critical` and `[plugins.providers]`."""
    table = Plugins(critical=("claif-gone",), providers={"x": "claif-y"})
    config: Any = SimpleNamespace(plugins=table, processors=Processors())
    three.install("claif-x", {"claif.providers": {"x": "m:x"}})
    manager = PluginManager.for_config(config, environ={}, path=[str(three.folder)])
    assert manager.providers()["x"].state == "not installed"
    with pytest.raises(PluginError, match="claif-gone"):
        manager.query_layers(Query("x"), config, SimpleNamespace())


def test_the_reason_why_a_plugin_is_off_tells_how_to_switch_it_on(three: Site) -> None:
    """Each way of switching off has its own way back."""
    hints = [
        three.manager(**options).reports()[0].hint
        for options in ({"off": True}, {"load": []}, {"disable": ["claif-a"]})
    ]
    assert hints == [
        "Leave out --no-plugins.",
        "Add claif-a to CLAIF_PLUGINS, or unset it.",
        "Take claif-a out of [plugins] disable or CLAIF_DISABLE_PLUGINS.",
    ]
