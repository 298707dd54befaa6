"""`claif plugins`: what is installed, what it brings, and what is wrong with it."""

from __future__ import annotations

import json
import os

import pytest
from plugin.sites import Site

GOOD = """
@hookimpl
def claif_query_finished(record): pass

@hookimpl
def claif_query_finishd(record): pass
"""


@pytest.fixture
def crowd(cli, tmp_path):
    """A command line with a good, a broken, an old and an absent-minded plugin beside the scripted one."""
    site = Site(tmp_path / "site")
    site.hooks("claif-good", GOOD)
    site.hooks("claif-broken", "import sys\nsys.exit('\\x1b[31mno')")
    site.hooks("claif-old", "", requires=["claif<2"])
    site.install("claif-twin", {"claif.providers": {"scripted": "nowhere:Provider"}})
    cli.env["PYTHONPATH"] = f"{site.folder}{os.pathsep}{cli.env['PYTHONPATH']}"
    return cli


def rows(done):
    assert done.returncode == 0, done.stderr
    return {row["name"]: row for row in json.loads(done.stdout) if not row["name"].startswith(("claif-o", "claif-l"))}


def test_list_tells_programs_everything(crowd):
    found = {row["name"]: row for row in json.loads(crowd.run("plugins", "list", "--json").stdout)}
    good = found["claif-good"]
    assert good.pop("load_seconds") > 0
    assert good == {
        "name": "claif-good",
        "version": "1.0",
        "state": "ready",
        "detail": "claif_query_finishd() is called by nobody: there is no hook claif_query_finishd. "
        "Did you mean claif_query_finished?",
        "hint": "",
        "hooks": ["claif_query_finished"],
        "providers": [],
        "commands": [],
    }
    assert found["claif-broken"]["state"] == "broken"
    assert found["claif-old"]["state"] == "incompatible"
    assert (found["claif-twin"]["state"], found["claif-scripted"]["state"]) == ("conflict", "conflict")
    assert found["claif-scripted"]["providers"] == ["agent", "scripted"]


def test_list_is_a_table_for_people_with_reasons_and_remedies_below(crowd):
    done = crowd.run("plugins", "list")
    text = done.stdout.decode()
    lines = text.splitlines()
    assert done.returncode == 0
    assert lines[0].split() == ["NAME", "VERSION", "STATE", "BRINGS", "LOADED", "IN"]
    assert any(line.split()[:4] == ["claif-good", "1.0", "ready", "hook"] for line in lines)
    assert "claif-broken: Its hook module claif_broken_hooks cannot be loaded (it called sys.exit(" in text
    assert "  Upgrade or uninstall it, or switch it off: CLAIF_DISABLE_PLUGINS=claif-broken" in lines
    assert "claif-old: It needs claif <2, and this is 2." in text
    assert "  Say which one serves it: claif config set plugins.providers.scripted claif-scripted" in lines
    assert "\x1b" not in text


def test_the_commands_in_its_hints_help(crowd):
    assert crowd.run("config", "set", "plugins.providers.scripted", "claif-scripted").returncode == 0
    found = rows(crowd.run("plugins", "list", "--json"))
    assert found["claif-scripted"]["state"] == "ready"
    assert "The provider scripted is served by claif-scripted." in found["claif-twin"]["detail"]
    assert crowd.run("query", "hello").returncode == 0
    assert crowd.run("config", "unset", "plugins.providers.scripted").returncode == 0
    found = rows(crowd.run("plugins", "list", "--json", CLAIF_DISABLE_PLUGINS="claif-broken,claif-twin"))
    assert found["claif-broken"]["state"] == found["claif-twin"]["state"] == "disabled"
    assert found["claif-scripted"]["state"] == "ready"


@pytest.mark.parametrize(("arguments", "environment"), [(["--no-plugins"], {}), ([], {"CLAIF_PLUGINS": ""})])
def test_plugins_that_are_off_are_listed_as_such(crowd, arguments, environment):
    found = rows(crowd.run(*arguments, "plugins", "list", "--json", **environment))
    assert {row["state"] for row in found.values()} == {"disabled"}


def test_a_query_names_what_was_left_out(crowd):
    done = crowd.run("query", "hello", CLAIF_DISABLE_PLUGINS="claif-twin")
    assert done.returncode == 0
    assert b"claif-broken: Its hook module" in done.stderr
    assert b"claif-old: It needs claif <2" in done.stderr


def test_hook_calls_are_traced_on_stderr(crowd):
    done = crowd.run("query", "hello", CLAIF_DISABLE_PLUGINS="claif-twin", CLAIF_TRACE_HOOKS="1")
    assert b"claif: claif_query_finished(QueryRecord) of claif-good -> NoneType, " in done.stderr
    assert b"QueryRecord" not in done.stdout


def test_with_a_broken_configuration_the_reason_is_told(cli):
    done = cli.config("[plugins]\ndisable = 3\n").run("plugins", "list")
    assert done.returncode == 3
    assert b"plugins.disable" in done.stderr


def test_processors_that_come_with_claif_are_listed_off_until_they_are_enabled(cli):
    done = cli.run("plugins", "list")
    lines = [line.split(maxsplit=2) for line in done.stdout.decode().splitlines()]
    assert ["trim", "off", "It takes blank space from the beginning and the end of the answer."] in lines
    assert b"  Switch redact-pii on: claif config set processors.enable redact-pii" in done.stdout
    assert cli.run("config", "set", "processors.enable", "redact-pii,trim").returncode == 0
    found = {row["name"]: row for row in json.loads(cli.run("plugins", "list", "--json").stdout)}
    assert found["claif:trim"]["state"] == found["claif:redact-pii"]["state"] == "ready"
    assert found["claif:timestamp"]["state"] == "disabled"
    assert found["claif:timestamp"]["hint"].endswith("processors.enable redact-pii,trim,timestamp")
    off = cli.run("plugins", "list", "--json", CLAIF_PROCESSORS__DISABLE="trim")
    [trim] = [row for row in json.loads(off.stdout) if row["name"] == "claif:trim"]
    assert (trim["state"], trim["hint"]) == ("disabled", "Take it out of [processors] disable.")
