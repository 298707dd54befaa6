"""`claif plugins new`: a project in one command, and nothing that was there is lost."""

from __future__ import annotations

import os

import pytest

from claif.errors import PluginError


def new(cli, *arguments: str):
    cli.env["PYTHONSAFEPATH"] = "1"
    return cli.run("plugins", "new", *arguments)


def test_it_says_what_it_wrote_and_how_to_go_on(cli, tmp_path):
    done = new(cli, "acme", "--kind", "command", "--directory", str(tmp_path / "my plugin"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "my plugin" / "claif_acme" / "command.py").exists()
    text = done.stdout.decode()
    assert "  claif plugins check claif-acme\n" in text
    assert f"  cd '{tmp_path / 'my plugin'}'\n" in text


def test_a_second_time_it_refuses(cli, tmp_path):
    place = str(tmp_path / "acme")
    assert new(cli, "acme", "--kind", "config", "--directory", place).returncode == 0
    before = sorted(os.listdir(place))
    done = new(cli, "acme", "--kind", "command", "--directory", place)
    assert done.returncode == PluginError.exit_code
    assert b"exists already" in done.stderr
    assert sorted(os.listdir(place)) == before


@pytest.mark.parametrize("name", ["query", "scripted", "shout", "claif-scripted", "json", "openai"])
def test_the_name_of_something_that_exists_is_refused(cli, tmp_path, name):
    done = new(cli, name, "--kind", "command", "--directory", str(tmp_path / "new"))
    assert done.returncode == PluginError.exit_code
    assert b"is taken" in done.stderr
    assert not (tmp_path / "new").exists()


def test_without_a_kind_it_says_which_there_are(cli):
    done = new(cli, "acme")
    assert done.returncode == 2
    assert b"--kind" in done.stderr
