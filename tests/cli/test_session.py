"""`-v`, `-vv` and `--debug`: the same before a command and after it, for every command."""

from __future__ import annotations

import json
import re

import click
import pytest

from claif.cli.root import root
from claif.cli.session import Session

LINE = re.compile(r"^\d\d:\d\d:\d\d\.\d{3} (DEBUG|INFO|WARNING|ERROR) ", re.MULTILINE)


def leaves(command=root, path=()):
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in getattr(command, "commands_table", command.commands):
            yield from leaves(command.get_command(context, name), (*path, name))
    else:
        yield path, command


def levels(done):
    return set(LINE.findall(done.stderr.decode()))


@pytest.mark.parametrize("command", [pytest.param(command, id=" ".join(path)) for path, command in leaves()])
def test_every_command_can_tell_what_it_does(command):
    options = {name: option for option in command.params for name in option.opts}
    assert options["-v"] is options["--verbose"]
    assert options["-v"].count
    assert options["--debug"].is_flag


@pytest.mark.parametrize(
    ("switches", "level"),
    [
        ([{}], None),
        ([{"verbose": 1}, {"verbose": 0}], "info"),
        ([{"verbose": 1}, {"verbose": 1}], "debug"),
        ([{"verbose": 2}], "debug"),
        ([{"debug": True}, {"debug": False}], "debug"),
        ([{"verbose": 1}, {"debug": True}], "debug"),
    ],
)
def test_switches_add_up(switches, level):
    state = Session()
    for each in switches:
        state.set(**each)
    assert state.log_level == level


WORK = [
    ["providers", "status"],
    ["providers", "list"],
    ["models", "list"],
    ["plugins", "list"],
    ["keys", "list"],
    ["config", "show"],
    ["config", "get", "general"],
    ["config", "chain"],
    ["query", "hi"],
    ["shout"],
]


@pytest.mark.parametrize("words", WORK, ids=" ".join)
def test_every_step_is_logged_before_and_after_a_command_and_by_configuration(cli, words):
    assert levels(cli.run(*words)) == set()
    assert levels(cli.run("-v", *words)) <= {"INFO"}
    assert "DEBUG" in levels(cli.run("-vv", *words))
    assert "DEBUG" in levels(cli.run("--debug", *words))
    if words != ["shout"]:  # the options of a plugin's command are the plugin's
        assert "DEBUG" in levels(cli.run(*words, "-vv"))
        assert "DEBUG" in levels(cli.run("--verbose", *words, "--verbose"))
        assert "DEBUG" in levels(cli.run(*words, "--debug"))
    cli.config('[general]\nlog_level = "debug"\nlog_file = "claif.log"\n')
    assert "DEBUG" in levels(cli.run(*words))
    assert levels(cli.run("-v", *words)) <= {"INFO"}
    text = (cli.folder / "home" / "claif.log").read_text(encoding="utf-8")
    assert {json.loads(line)["level"] for line in text.splitlines()} >= {"debug"}


def test_the_log_of_a_query_bears_the_id_of_its_reply(cli):
    done = cli.run("-v", "query", "--json", "hi")
    reply = json.loads(done.stdout)
    [line] = [line for line in done.stderr.decode().splitlines() if LINE.match(line)]
    assert line.endswith(
        f"[{reply['query_id']}]: scripted, model of its choice, answered in {reply['timings']['total']:.2f} s"
    )
    assert b"scripted, model of its choice, answered" in cli.run("-v", "hi").stderr


@pytest.mark.parametrize("args", [["--debug", "models", "path", "x"], ["models", "path", "x", "--debug"]])
def test_the_traceback_of_an_error_is_shown_for_debug(cli, args):
    done = cli.run(*args, CLAIF_PLUGINS="")
    assert b"Traceback" in done.stderr
    assert b"Traceback" not in cli.run("-vv", "models", "path", "x", CLAIF_PLUGINS="").stderr


def test_plugins_check_and_the_doctor_tell_what_they_look_at(cli):
    done = cli.run("plugins", "check", "claif-scripted", "-v")
    assert b"importing scripted_plugin:ScriptedProvider" in done.stderr
    done = cli.run("doctor", "--json", "-v")
    assert json.loads(done.stdout)["findings"]
    assert "Looking at claif-scripted …" in done.stderr.decode().splitlines()
    assert cli.run("doctor", "--json").stderr == b""


def test_the_doctor_tells_it_even_without_loguru(cli):
    (cli.folder / "home").mkdir(mode=0o700)
    (cli.folder / "loguru.py").write_text("raise ImportError('no loguru')", encoding="utf-8")
    done = cli.run("doctor", "-v", PYTHONPATH=f"{cli.folder}:{cli.env['PYTHONPATH']}")
    assert "Looking at Terminal …" in done.stderr.decode().splitlines()
    assert b"Traceback" not in done.stderr


def test_other_first_words_are_still_prompts_and_options_of_query(cli):
    assert cli.run("-v", "-p", "scripted", "hello there").stdout == b"hello there\n"
    assert cli.run("-vp", "scripted", "hello there").stdout == b"hello there\n"
    assert cli.run("-v", "--version").stdout.startswith(b"claif ")
    assert b"Commands:" in cli.run("-v", "--help").stdout


SECRET = "sk-canary-T0pS3cret-4711\x1b[2J\nforged"


@pytest.mark.parametrize("switches", [[], ["-v"], ["-vv"]], ids=str)
def test_what_a_plugin_logs_in_its_own_way_is_harmless_too(cli, switches):
    """Neither loguru's own sink, which prints variables, nor that of `logging`, which prints all as it is."""
    done = cli.script({"type": "log", "text": SECRET}, "done").run(*switches, "query", "hi", CLAIF_TEST_KEY=SECRET)
    text = done.stderr.decode()
    assert done.stdout == b"done\n"
    assert "canary" not in text
    assert "\x1b" not in text
    assert "\nforged" not in text
    assert "Traceback" not in text
    found = re.findall(r"(\w+) (?:scripted_plugin|their\.package|root) \[[0-9a-f]{8}\]: ([^:\n]*)", text)
    steps = [what for _, what in found]
    wanted = ["watch out", "and here", "it failed (ValueError", "it failed as well (ValueError"]
    assert [step for step in steps if step in wanted] == wanted
    assert ("a step of the plugin" in steps) == (switches == ["-vv"])
    assert [level for level, what in found if what in wanted] == ["WARNING", "WARNING", "ERROR", "ERROR"]
