"""`CLAIF_TRACE_HOOKS=1` prints each call of a hook: types and times, never values."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from claif.models import Query
from claif.plugin.manager import PluginManager

from .sites import Site

CONFIG: Any = SimpleNamespace(processors=None)


def test_each_call_is_printed(site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Hook, plugin, types of the arguments and of the result, microseconds."""
    monkeypatch.setenv("CLAIF_TRACE_HOOKS", "1")
    site.hooks("claif-a", "@hookimpl\ndef claif_query(query): return []")
    site.hooks("claif-b", "@hookimpl\ndef claif_query(): raise ValueError('secret')")
    site.manager().query_layers(Query("secret"), CONFIG, CONFIG)
    out, err = capsys.readouterr()
    assert out == ""
    assert "secret" not in err
    first, second = err.splitlines()
    types = "Query, SimpleNamespace, SimpleNamespace"
    assert re.fullmatch(rf"claif: claif_query\({types}\) of claif-a -> list, \d+\.\d µs", first)
    assert re.fullmatch(rf"claif: claif_query\({types}\) of claif-b raised ValueError, \d+\.\d µs", second)


@pytest.mark.parametrize("value", ["", "0"])
def test_nothing_is_printed_otherwise(
    site: Site, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The switch is off by default, empty, or at 0."""
    monkeypatch.setenv("CLAIF_TRACE_HOOKS", value)
    site.hooks("claif-a", "@hookimpl\ndef claif_query(): return []")
    site.manager().query_layers(Query("x"), CONFIG, CONFIG)
    assert capsys.readouterr().err == ""


def test_tracing_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """By the constructor, for tests of plugins."""
    from claif.hookspecs import hookimpl

    class Plugin:
        @hookimpl
        def claif_query_finished(self, record: object) -> None:
            pass

    manager = PluginManager(trace=True)
    manager.register(Plugin(), "mine")
    manager.finished(Query("x"), None, None, 0.0)
    assert "claif_query_finished(QueryRecord) of mine -> NoneType" in capsys.readouterr().err
