"""A report tells what is known about a plugin."""

from __future__ import annotations

import json

from .sites import Site


def test_a_report_says_what_a_plugin_brings_and_what_is_odd_about_it(site: Site) -> None:
    """Providers, commands and hooks, and as data what JSON can hold."""
    text = "from claif.hookspecs import hookimpl\n@hookimpl\ndef claif_query(): pass\n"
    points = {
        "claif": {"main": "claif_a_hooks"},
        "claif.providers": {"two": "m:b", "one": "m:a"},
        "claif.commands": {"do": "m:c"},
    }
    site.install("claif-a", points, requires=["claif===2"], modules={"claif_a_hooks": text})
    manager = site.manager()
    [before] = manager.reports()
    assert before.brings == "providers one, two; command do"
    manager.load_hooks()
    [report] = manager.reports()
    assert report.brings == "providers one, two; command do; hook claif_query"
    assert report.state == "ready"
    assert report.detail == "Whether 'claif===2' allows claif 2.0.0.dev0 could not be told."
    data = json.loads(json.dumps(report.to_dict()))
    assert data.pop("load_seconds") > 0
    assert data == {
        "name": "claif-a",
        "version": "1.0",
        "state": "ready",
        "detail": report.detail,
        "hint": "",
        "hooks": ["claif_query"],
        "providers": ["one", "two"],
        "commands": ["do"],
    }


def test_reports_are_made_without_loading_anything(site: Site) -> None:
    """Modules that do not exist are no obstacle."""
    site.install("claif-b", {"claif": {"x": "none"}, "claif.providers": {"b": "none:x"}})
    site.install("claif-a", {"claif.commands": {"a": "none:x"}})
    assert [(report.name, report.state) for report in site.manager().reports()] == [
        ("claif-a", "ready"),
        ("claif-b", "ready"),
    ]
