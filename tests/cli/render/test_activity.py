"""What an agent does, in short lines."""

from __future__ import annotations

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.cli.render.activity import Checklist, change_line, count_lines, decision_line, result_line, tool_line
from claif.models import (
    Decision,
    Event,
    FileChange,
    PermissionDecided,
    PermissionRequest,
    Plan,
    PlanStep,
    ToolResult,
    ToolResultBlock,
    ToolUse,
    ToolUseBlock,
)
from claif.testing import strategies

REQUEST = PermissionRequest("1", "Bash", kind="command", subject="rm -rf\nbuild")


def decided(**how: object) -> str:
    return decision_line(PermissionDecided(REQUEST, Decision(**how)))


def test_tools_and_their_answers_are_a_line_each() -> None:
    assert tool_line(ToolUse(ToolUseBlock("1", "Read", {"path": "a\nb"}))) == 'tool: Read {"path":"a\\nb"}'
    assert result_line(ToolResult(ToolResultBlock("1", "one\ntwo"))) == "result: one two"
    assert result_line(ToolResult(ToolResultBlock("1", "no such file", is_error=True))) == "failed: no such file"


def test_a_decision_says_what_who_and_why() -> None:
    assert decided(allowed=True, by="user") == "allowed: Bash rm -rf build (by you)"
    assert decided(allowed=True, by="always") == "allowed: Bash rm -rf build (by always)"
    assert decided(allowed=False, by="claif-guard", reason="Not today.") == (
        "denied: Bash rm -rf build (by claif-guard): Not today."
    )
    assert decided(allowed=False, reason="Nobody is there.") == "denied: Bash rm -rf build: Nobody is there."


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (FileChange("a.py"), "changed: a.py"),
        (FileChange("a.py", "add", "one\ntwo\n"), "added: a.py +2 -0"),
        (FileChange("a.py", "delete"), "deleted: a.py"),
        (FileChange("a.py", "move", "@@ -1 +1,2 @@\n-a\n+b\n+c\n"), "moved: a.py +2 -1"),
        (FileChange("a.py", "rename"), "changed: a.py"),
        (FileChange("a\x1b[2J\n.py"), "changed: a .py"),
        (FileChange("a.py", "update", "no diff at all\n+x"), "changed: a.py"),
    ],
)
def test_a_change_says_how_many_lines_came_and_went(change: FileChange, line: str) -> None:
    assert change_line(change) == line


LINES = st.lists(st.sampled_from(["a", "b", "++ c", "-- d", "@@ -1 +1 @@", "+", "-", ""]), max_size=12)


@given(LINES, LINES, st.integers(0, 3))
def test_the_counts_are_those_of_the_diff_whatever_the_lines_look_like(
    before: list[str], after: list[str], context: int
) -> None:
    """Lines that look like headers are counted, headers are not."""
    diff = list(difflib.unified_diff(before, after, "a/x", "b/x", n=context, lineterm=""))
    matcher = difflib.SequenceMatcher(None, before, after)
    changes = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    added, removed = sum(code[4] - code[3] for code in changes), sum(code[2] - code[1] for code in changes)
    assert count_lines("\n".join(diff), "update") == (added, removed)


def test_several_files_in_one_diff_are_counted_together() -> None:
    one = "--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n-a\n-b\n+c\n\\ No newline at end of file\n"
    assert count_lines(one + one, "update") == (2, 4)


@given(strategies.texts(), st.sampled_from(["add", "update"]))
def test_no_text_is_a_crash(text: str, kind: str) -> None:
    added, removed = count_lines(f"@@ -99999999999999999999,1 +1 @@\n{text}", kind)
    assert added >= 0 <= removed
    assert min(count_lines(text, kind)) >= 0


def test_a_plan_is_told_whole_at_first_and_then_what_changed() -> None:
    checklist = Checklist()

    def told(*steps: tuple[str, str]) -> list[str]:
        return list(checklist.lines(Plan([PlanStep(*step) for step in steps])))

    assert told(("read", "in_progress"), ("write", "pending")) == ["plan:", "[>] read", "[ ] write"]
    assert told(("read", "completed"), ("write", "in_progress")) == ["[x] read", "[>] write"]
    assert told(("read", "completed"), ("write", "completed")) == ["[x] write"]
    assert told(("read", "completed"), ("write", "completed")) == []
    assert told(("read", "completed"), ("test", "odd")) == ["plan:", "[x] read", "[ ] test"]
    assert told() == ["plan: nothing is left of it"]
    assert told() == []


@given(st.lists(strategies.activities(), max_size=5))
def test_each_line_is_one_line_without_control_characters(events: list[Event]) -> None:
    checklist = Checklist()
    for event in events:
        match event:
            case ToolUse():
                lines = [tool_line(event)]
            case ToolResult():
                lines = [result_line(event)]
            case FileChange():
                lines = [change_line(event)]
            case Plan():
                lines = list(checklist.lines(event))
            case PermissionDecided():
                lines = [decision_line(event)]
        for line in lines:
            assert not {each for each in line if ord(each) < 32 or 0x7F <= ord(each) < 0xA0}
            assert len(line) < 1000
