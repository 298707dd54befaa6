"""`claif plugins check`: every part of every plugin on trial, and an exit code that a CI understands."""

from __future__ import annotations

import json
import os

import pytest
from plugin.sites import Site

from claif.errors import PluginError

GOOD = "@hookimpl\ndef claif_query_finished(record): pass\n"


@pytest.fixture
def crowd(cli, tmp_path):
    """A command line with a good plugin and three that are wrong in different ways."""
    site = Site(tmp_path / "site")
    site.hooks("claif-good", GOOD)
    site.hooks("claif-exits", "import os\nos._exit(0)")
    site.hooks("claif-hangs", "import threading\nthreading.Event().wait()")
    site.hooks("claif-heavy", f"import trio\n{GOOD}")
    cli.env["PYTHONPATH"] = f"{site.folder}{os.pathsep}{cli.env['PYTHONPATH']}"
    return cli


def test_a_good_plugin_is_shown_and_nothing_is_wrong(crowd):
    done = crowd.run("plugins", "check", "--timeout", "60", "claif-good")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.decode().splitlines()
    assert lines[0].split() == ["PLUGIN", "PART", "RESULT", "IMPORTED", "IN", "MODULES", "HOOKS"]
    assert lines[1].split()[:4] == ["claif-good", "hooks", "main", "ok"]
    assert lines[1].endswith("claif_query_finished")


def test_what_is_wrong_is_told_below_the_table_and_by_the_exit_code(crowd):
    done = crowd.run("plugins", "check", "--timeout", "60", "claif-good", "claif-exits", "claif-heavy")
    assert done.returncode == PluginError.exit_code
    text = done.stdout.decode()
    assert "claif-exits, hooks main (claif_exits_hooks): Its import ended the process with exit code 0." in text
    assert "imports trio" in text
    assert text.count(" ok ") == 1


def test_a_plugin_that_hangs_is_given_up_at_the_limit(crowd):
    done = crowd.run("plugins", "check", "--timeout", "1", "claif-hangs")
    assert done.returncode == PluginError.exit_code
    assert b"Its import takes longer than 1 s." in done.stdout


def test_programs_get_json_and_the_same_exit_code(crowd):
    done = crowd.run("plugins", "check", "--timeout", "60", "--json", "claif-good", "claif-heavy")
    assert done.returncode == PluginError.exit_code
    good, heavy = json.loads(done.stdout)
    assert (good["name"], good["ok"], heavy["name"], heavy["ok"]) == ("claif-good", True, "claif-heavy", False)
    assert good["parts"][0]["seconds"] > 0


def test_without_plugins_there_is_nothing_to_check(crowd):
    done = crowd.run("--no-plugins", "plugins", "check")
    assert (done.returncode, done.stdout) == (0, b"There is no plugin to check.\n")


def test_a_name_that_is_not_installed_is_told(crowd):
    done = crowd.run("plugins", "check", "claif-goood")
    assert done.returncode == PluginError.exit_code
    assert b"Did you mean claif-good?" in done.stderr


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "4000"])
def test_a_time_limit_that_is_none_is_wrong_usage(crowd, seconds):
    done = crowd.run("plugins", "check", "--timeout", seconds)
    assert done.returncode == 2
    assert b"--timeout" in done.stderr
