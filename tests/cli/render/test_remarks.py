"""What is said beside the answer."""

from __future__ import annotations

import pytest

from claif.cli.render.remarks import Remarks, describe
from claif.models import (
    Decision,
    Diff,
    FileChange,
    Notice,
    PermissionDecided,
    PermissionRequest,
    Plan,
    PlanStep,
    Reply,
    Timings,
    ToolResult,
    ToolResultBlock,
    ToolUse,
    ToolUseBlock,
    Usage,
)

USE = ToolUse(ToolUseBlock("1", "read", {"path": "a\nb"}))
RESULT = ToolResult(ToolResultBlock("1", "x" * 300))


@pytest.mark.parametrize(
    ("reply", "footer"),
    [
        (Reply(provider="openai", model="gpt-5"), "openai · gpt-5"),
        (Reply(provider="x", usage=Usage(input_tokens=1200, output_tokens=3)), "x · tokens 1,200 in + 3 out"),
        (Reply(provider="x", usage=Usage(output_tokens=3, cost=0.00123)), "x · tokens 3 out · $0.0012"),
        (Reply(provider="x", timings=Timings(total=1.26), finish_reason="length"), "x · 1.3 s · ended by length"),
        (Reply(provider="x\x1b[2J", model="m\nn", finish_reason="stop"), "x · m n"),
        (Reply(), ""),
    ],
)
def test_the_footer_has_what_is_known(reply, footer):
    assert describe(reply) == footer


def test_the_conversation_and_what_confined_the_agent_are_told_to_those_who_ask():
    reply = Reply(provider="claude", conversation="3f2a\x1b[2J", sandbox="bubblewrap")
    assert describe(reply) == "claude"
    assert describe(reply, verbose=True) == "claude · conversation 3f2a · sandbox bubblewrap"
    assert describe(Reply(provider="x"), verbose=True) == "x"


def test_thinking_that_breaks_off_in_a_line_ends_it_before_anything_else(capsys):
    remarks = Remarks(thinking=True)
    remarks.think("a\x1b[3")
    remarks.think("1mb")
    remarks.line("note\n2")
    remarks.think("c\n")
    remarks.end_thinking()
    assert capsys.readouterr().err == "ab\nclaif: note 2\nc\n"


def test_what_tools_do_is_shown_to_those_who_ask_and_on_a_terminal(monkeypatch):
    change, plan = FileChange("a.py"), Plan([PlanStep("read")])
    for event in (USE, change, plan, RESULT):
        assert not Remarks().about(event)
        assert not Remarks(quiet=True, verbose=True).about(event)
    remarks = Remarks(verbose=True)
    assert list(remarks.about(USE)) == ['tool: read {"path":"a\\nb"}']
    assert [len(line) for line in remarks.about(RESULT)] == [len("result: ") + 200]
    assert list(remarks.about(change)) == ["changed: a.py"]
    assert list(remarks.about(plan)) == ["plan:", "[ ] read"]
    monkeypatch.setattr("claif.cli.render.remarks.is_terminal", lambda _stream: True)
    assert all(Remarks().about(event) for event in (USE, change, plan))
    assert not Remarks().about(RESULT)


@pytest.mark.parametrize(
    ("allowed", "by", "told"),
    [
        (False, "user", "always"),
        (False, "mode", "always"),
        (False, "nobody", "always"),
        (True, "claif-guard", "terminal"),
        (True, "always", "terminal"),
        (True, "user", "verbose"),
        (True, "mode", "verbose"),
    ],
)
def test_what_was_denied_is_always_told_and_what_the_user_allowed_himself_only_to_those_who_ask(
    monkeypatch, allowed, by, told
):
    event = PermissionDecided(PermissionRequest("1", "Bash"), Decision(allowed=allowed, by=by))
    assert bool(Remarks().about(event)) is (told == "always")
    assert Remarks(verbose=True).about(event)
    assert not Remarks(quiet=True).about(event)
    monkeypatch.setattr("claif.cli.render.remarks.is_terminal", lambda _stream: True)
    assert bool(Remarks().about(event)) is (told != "verbose")


def test_of_a_diff_each_file_has_a_line_as_long_as_there_are_not_too_many(monkeypatch):
    hunk = "index 1..2 100644\n--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-a\n+b\n+c\n"
    part = f"diff --git a/x b/x\n{hunk}"
    assert not Remarks().about(Diff(part))
    remarks = Remarks(verbose=True)
    assert list(remarks.about(Diff(part))) == ["in the worktree changed: x +2 -1"]
    assert list(remarks.about(Diff(part * 45)))[39:] == ["in the worktree changed: x +2 -1", "and 5 more files"]
    assert list(remarks.about(Diff(""))) == []
    evil = 'diff --git "a/\\033[2J" "b/\\033[2J"\nnew file mode 100644\nindex 0..1\n'
    assert list(remarks.about(Diff(evil))) == ["in the worktree added: "]
    monkeypatch.setattr("claif.cli.render.remarks.is_terminal", lambda _stream: True)
    assert Remarks().about(Diff(part))


def test_a_quiet_one_says_nothing(capsys):
    remarks = Remarks(quiet=True)
    remarks.line("x")
    remarks.footer(Reply(provider="x"))
    assert not remarks.about(Notice("retry", "again"))
    assert capsys.readouterr().err == ""
