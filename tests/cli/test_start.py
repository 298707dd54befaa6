"""Starting costs little: what --version and --help load, and how commands are found."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

HEAVY = (
    "attr attrs cattrs trio pluggy loguru rich httpcore2 tomlkit tomllib asyncio difflib json ssl inspect email urllib"
)


def loaded(cli, *args):
    """The modules that a command line loads beyond those of a bare click program."""
    code = (
        "import sys, click, json\n"
        "try:\n"
        "    click.Command('x', help='x').main(['--help'], standalone_mode=True)\n"
        "except SystemExit:\n"
        "    pass\n"
        "before = set(sys.modules)\n"
        "del sys.modules['json'], sys.modules['json.encoder'], sys.modules['json.decoder']\n"
        "from claif.cli import execute\n"
        f"code = execute({list(args)!r})\n"
        "names = set(sys.modules) - before | {'json'} & set(sys.modules)\n"
        "import json\n"
        "print(json.dumps([code, sorted(names)]), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=cli.env, cwd=cli.folder, check=False)
    return json.loads(done.stderr.decode().splitlines()[-1])


@pytest.mark.parametrize("args", [["--version"], ["--help"]])
def test_version_and_help_load_nothing_heavy(cli, args):
    code, names = loaded(cli, *args)
    assert code == 0
    assert not set(HEAVY.split()) & {name.partition(".")[0] for name in names}
    assert not [name for name in names if name.startswith(("claif.models", "claif.config", "claif.client"))]
    assert "scripted_plugin" not in names


def test_version_does_not_even_look_for_plugins(cli):
    _, names = loaded(cli, "--version")
    assert [name for name in names if name.startswith("claif")] == [
        *(
            "claif",
            "claif._lazy",
            "claif._version",
            "claif.cli",
            "claif.cli.group",
            "claif.cli.root",
            "claif.cli.session",
        )
    ]


def test_the_version_is_told(cli):
    done = cli.run("--version")
    assert (done.returncode, done.stdout) == (0, b"claif 2.0.0.dev0\n")


def test_help_names_the_commands_of_plugins_and_who_brings_them(cli):
    text = cli.run("--help").stdout.decode()
    assert "  shout   (plugin claif-scripted)" in text
    assert re.search(r"query +Ask a model", text)
    assert text.count("query  ") == 1
    assert 'claif "Name three primary colors."' in text


@pytest.mark.parametrize("group", ["keys", "models", "config", "plugins", "providers"])
def test_a_group_without_a_command_shows_its_help(cli, group):
    done = cli.run(group)
    assert (done.returncode, done.stdout) == (2, b"")
    lines = done.stderr.decode().splitlines()
    assert lines[0].startswith(f"Usage: claif {group} ") or lines[0].startswith(f"Usage: python -m claif {group} ")
    assert "Commands:" in lines


def test_without_plugins_none_of_their_commands_are_there(cli):
    assert b"shout" not in cli.run("--no-plugins", "--help").stdout
    assert b"shout" not in cli.run("--help", CLAIF_DISABLE_PLUGINS="Claif.Scripted").stdout
    assert b"shout" not in cli.run("--help", CLAIF_PLUGINS="").stdout
    assert b"shout" in cli.run("--help", CLAIF_PLUGINS="other,claif_scripted").stdout


def test_the_command_of_a_plugin_runs(cli):
    done = cli.run("shout")
    assert (done.returncode, done.stdout) == (0, b"HELLO\n")


def test_a_command_of_a_plugin_that_cannot_be_loaded_is_an_error_of_the_plugin(cli):
    done = cli.run("broken")
    assert done.returncode == 10
    assert b"claif-scripted" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_command_of_a_plugin_that_the_configuration_switches_off_does_not_run(cli):
    done = cli.config('[plugins]\ndisable = ["claif-scripted"]\n').run("shout")
    assert done.returncode == 10
    assert b"switched off" in done.stderr


def test_a_folder_of_distributions_in_the_working_directory_is_not_looked_at(cli):
    """Attack 34: whoever wrote the files here did not install a plugin."""
    info = cli.folder / "evil-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: evil\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[claif.commands]\nevil = evil:main\n", encoding="utf-8")
    assert b"evil" not in cli.run("--help", PYTHONPATH=f":{cli.env['PYTHONPATH']}").stdout


def test_every_built_in_command_can_be_loaded(cli):
    for name in ("query", "providers", "models", "config", "plugins", "completion"):
        done = cli.run(name, "--help")
        assert done.returncode == 0, done.stderr
        assert f"Usage: claif {name}" in done.stdout.decode()


def test_shells_complete_commands_without_loading_them(cli):
    done = cli.run(_CLAIF_COMPLETE="bash_complete", COMP_LINE="claif s")
    assert done.stdout.decode().split() == ["plain,shout"]
    done = cli.run(_CLAIF_COMPLETE="bash_complete", COMP_LINE="claif query --ti")
    assert done.stdout.decode().split() == ["plain,--timeout"]
