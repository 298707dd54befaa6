"""`claif query` with agents: what they may do, where, in which conversation, and what is told of what they do."""

from __future__ import annotations

import json

import click
import pytest

from claif.cli.complete import known
from claif.cli.query import query
from claif.config.schema import NETWORKS, SANDBOX_LEVELS
from claif.models import PermissionMode

from .test_query import DESCRIBE, described

STARTED = {"type": "started", "provider": "agent", "conversation": "c-1", "sandbox": "bubblewrap"}
PLAN = {
    "type": "plan",
    "steps": [{"text": "Read", "status": "completed"}, {"text": "Write", "status": "in_progress"}, {"text": "Test"}],
}
DIFF = "--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-old\n+new\n+er\n"
CHANGE = {"type": "file_change", "path": "x", "kind": "update", "diff": DIFF}
USE = {"type": "tool_use", "block": {"id": "1", "tool_name": "Bash", "parameters": {"command": "make"}}}
RESULT = {"type": "tool_result", "block": {"tool_use_id": "1", "content": "built", "is_error": False}}
ASK = {"type": "ask", "request": {"kind": "command", "subject": "make", "conversation": "c-1"}}


def started(conversation):
    return {**STARTED, "conversation": conversation}


def test_the_choices_are_those_that_there_are():
    """They are written down a second time so that a shell's question imports nothing; they must not drift."""
    choices = {each.name: each.type.choices for each in query.params if isinstance(each.type, click.Choice)}
    assert list(choices["permission"]) == list(known.CHOICES["permission"]) == [mode.value for mode in PermissionMode]
    assert list(choices["sandbox"]) == list(known.CHOICES["level"]) == list(SANDBOX_LEVELS)
    assert list(known.CHOICES["network"]) == list(NETWORKS)


def test_what_an_agent_is_told_reaches_it(cli):
    args = ["--permission", "edit", "--directory", "work", "--resume", "3f2a-11", "--sandbox=require"]
    args += ["--add-dir", "one", "--add-dir=two"]
    told = described(cli.script(DESCRIBE).run("-p", "agent", *args, "hi"))
    assert told["permission"] == "edit"
    assert told["directory"] == "work"
    assert told["conversation"] == "3f2a-11"
    assert told["sandbox"] == "require"
    assert (told["add_dirs"], told["worktree"]) == (["one", "two"], False)
    told = described(cli.script(DESCRIBE).run("-p", "agent", "hi"))
    assert [told[name] for name in ("permission", "directory", "conversation", "sandbox")] == [None] * 4


@pytest.mark.parametrize(
    "args",
    [
        ["--permission", "plan"],
        ["--directory", "."],
        ["--add-dir", "."],
        ["--worktree"],
        ["--resume", "c-1"],
        ["--continue"],
        ["--sandbox", "off"],
    ],
)
def test_a_provider_that_is_no_agent_refuses_it_with_a_reason(cli, args):
    done = cli.script("Hi").run(*args, "hi")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"The provider scripted does not take" in done.stderr
    assert b"claude" in done.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--permission", "yolo"], b"'yolo' is not one of"),
        (["--sandbox", "none"], b"'none' is not one of"),
        (["--resume", "../../x"], b"cannot be the id of a conversation"),
        (["--resume", "--yolo"], b"cannot be the id of a conversation"),
        (["--apply"], b"give it with --worktree"),
        (["--resume="], b"cannot be the id of a conversation"),
        (["--resume", "c-1", "--continue"], b"give one of them"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anybody_is_asked(cli, args, said):
    done = cli.script("Hi").run("-p", "agent", *args, "hi")
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr


def test_the_last_conversation_in_this_directory_is_gone_on_with(cli):
    (cli.folder / "elsewhere").mkdir()
    done = cli.script(DESCRIBE).run("-p", "agent", "--continue", "hi")
    assert (done.returncode, done.stdout) == (2, b"")
    assert f"There is no conversation with agent in {cli.folder} to go on with.".encode() in done.stderr
    assert b"--resume ID" in done.stderr
    cli.script(started("c-1"), "Hi").run("-p", "agent", "hi")
    cli.script(started("c-2"), "Hi").run("-p", "agent", "--directory", "elsewhere", "hi")
    cli.script(started("c-3"), "Hi").run("-p", "agent", "hi")
    script = cli.script(DESCRIBE)
    assert described(script.run("-p", "agent", "--continue", "hi"))["conversation"] == "c-3"
    elsewhere = script.run("-p", "agent", "--continue", "--directory", str(cli.folder / "elsewhere"), "hi")
    assert described(elsewhere)["conversation"] == "c-2"
    assert described(script.run("-p", "agent", "hi"))["conversation"] is None
    default = script.run("--continue", "hi", CLAIF_DEFAULT_PROVIDER="agent")
    assert described(default)["conversation"] == "c-3"


def test_the_directory_of_the_settings_counts(cli):
    (cli.folder / "work").mkdir()
    cli.config('[providers.agent]\ndirectory = "work"\n')
    cli.script(started("c-1"), "Hi").run("-p", "agent", "hi")
    script = cli.script(DESCRIBE)
    assert described(script.run("-p", "agent", "--continue", "hi"))["conversation"] == "c-1"
    assert script.run("-p", "agent", "--continue", "--directory", ".", "hi").returncode == 2


def test_an_answer_that_fails_is_not_gone_on_with(cli):
    error = {"type": "error", "error": "RateLimitError", "message": "Slow down."}
    cli.script(started("c-1"), "Hi").run("-p", "agent", "hi")
    assert cli.script(started("c-2"), error).run("-p", "agent", "hi").returncode == 8
    assert described(cli.script(DESCRIBE).run("-p", "agent", "--continue", "hi"))["conversation"] == "c-1"


def test_a_damaged_file_is_a_warning_and_the_answer_comes_all_the_same(cli):
    cli.config("")
    file = cli.folder / "home" / "conversations.json"
    file.write_text("{broken")
    file.chmod(0o600)
    done = cli.script(started("c-1"), "Hi").run("-p", "agent", "hi")
    assert (done.returncode, done.stdout) == (0, b"Hi\n")
    assert b"claif: The last conversations are not known" in done.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    assert described(cli.script(DESCRIBE).run("-p", "agent", "--continue", "hi"))["conversation"] == "c-1"
    file.write_text("{broken")
    done = cli.script("Hi").run("-p", "agent", "--continue", "hi")
    assert done.returncode == 2
    assert b"are not known" in done.stderr
    assert b"There is no conversation" in done.stderr


def test_an_answer_of_which_not_even_the_code_is_found_is_gone_on_with(cli):
    assert cli.script(started("c-1"), "No code.").run("-x", "-p", "agent", "hi").returncode == 1
    assert described(cli.script(DESCRIBE).run("-p", "agent", "--continue", "hi"))["conversation"] == "c-1"


def test_a_provider_without_conversations_leaves_no_file(cli):
    cli.script("Hi").run("hi")
    assert not (cli.folder / "home" / "conversations.json").exists()


def test_the_mode_decides_and_what_is_denied_is_told(cli):
    script = cli.script(ASK)
    done = script.run("-p", "agent", "--permission", "full", "hi")
    assert (done.stdout, done.stderr) == (b"[allowed by mode]\n", b"")
    done = script.run("-p", "agent", "--permission", "plan", "hi")
    assert done.stdout == b"[denied by mode]\n"
    assert done.stderr == b"claif: denied: Bash make (by mode): The permission mode plan does not allow it.\n"
    done = script.run("-q", "-p", "agent", "--permission", "plan", "hi")
    assert (done.stdout, done.stderr) == (b"[denied by mode]\n", b"")
    cli.config('[providers.agent]\npermission = "full"\n')
    assert cli.script(ASK).run("-p", "agent", "hi").stdout == b"[allowed by mode]\n"


def test_what_an_agent_does_is_told_in_short_to_those_who_ask(cli):
    script = cli.script(STARTED, PLAN, USE, ASK, RESULT, CHANGE, "Done.")
    done = script.run("-v", "-p", "agent", "--permission", "full", "hi")
    assert done.stdout == b"[allowed by mode]Done.\n"
    lines = [line for line in done.stderr.decode().splitlines() if " INFO " not in line]
    assert lines[:-1] == [
        "claif: plan:",
        "claif: [x] Read",
        "claif: [>] Write",
        "claif: [ ] Test",
        'claif: tool: Bash {"command":"make"}',
        "claif: allowed: Bash make (by mode)",
        "claif: result: built",
        "claif: changed: x +2 -1",
    ]
    assert lines[-1].endswith(" · conversation c-1 · sandbox bubblewrap")
    done = script.run("-p", "agent", "--permission", "full", "hi")
    assert done.stderr == b""


def test_on_a_terminal_it_is_told_without_being_asked_for(cli):
    script = cli.script(STARTED, PLAN, "Some text.", 0.2, USE, RESULT, CHANGE, "Done.")
    with script.terminal("-p", "agent", "--permission", "full", "hi") as terminal:
        assert terminal.end() == 0
    lines = [line.rpartition("\r")[2] for line in terminal.text.splitlines()]
    assert [line for line in lines if line] == [
        *("claif: plan:", "claif: [x] Read", "claif: [>] Write", "claif: [ ] Test", "Some text."),
        *('claif: tool: Bash {"command":"make"}', "claif: changed: x +2 -1", "Done.", lines[-1]),
    ]
    assert "conversation" not in lines[-1]


def test_programs_get_all_of_it(cli):
    script = cli.script(STARTED, PLAN, USE, ASK, RESULT, CHANGE, "Done.")
    lines = script.run("--events", "-p", "agent", "--permission", "full", "hi").stdout.splitlines()
    events = [json.loads(line) for line in lines]
    activity = [event for event in events if event["type"] in {"plan", "tool_use", "tool_result", "file_change"}]
    assert [event["type"] for event in activity] == ["plan", "tool_use", "tool_result", "file_change"]
    [change] = [event for event in events if event["type"] == "file_change"]
    assert change == CHANGE
    reply = json.loads(script.run("--json", "-p", "agent", "--permission", "full", "hi").stdout)
    assert (reply["conversation"], reply["sandbox"]) == ("c-1", "bubblewrap")
    kinds = [event["type"] for event in reply["activity"]]
    assert kinds == ["plan", "tool_use", "permission", "tool_result", "file_change"]
    assert reply["activity"][0]["steps"][0] == {"text": "Read", "status": "completed"}
    assert reply["activity"][2]["request"]["subject"] == "make"
    assert reply["activity"][-1] == CHANGE
    assert reply["activity"] == events[-1]["activity"]
