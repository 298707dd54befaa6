"""What an agent does, told in short lines: tools, changed files, its plan, and what it was allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..jsonout import to_json
from ..sanitize import one_line

if TYPE_CHECKING:
    from ...models import FileChange, PermissionDecided, Plan, ToolResult, ToolUse

_LONGEST = 200
"""Characters of what a line is about; --events has all of it."""

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_CHANGES = {"add": "added", "update": "changed", "delete": "deleted", "move": "moved"}
_BOXES = {"completed": "[x]", "in_progress": "[>]"}


def tool_line(event: ToolUse) -> str:
    """The tool and its arguments."""
    return f"tool: {event.block.tool_name} {one_line(to_json(dict(event.block.parameters)), _LONGEST)}"


def result_line(event: ToolResult) -> str:
    """How the tool's answer begins."""
    return f"{'failed' if event.block.is_error else 'result'}: {one_line(event.block.content, _LONGEST)}"


def change_line(event: FileChange) -> str:
    """The file, and how many lines came and went."""
    added, removed = count_lines(event.diff, event.kind)
    counts = f" +{added} -{removed}" if added or removed else ""
    return f"{_CHANGES.get(event.kind, 'changed')}: {one_line(event.path, _LONGEST)}{counts}"


def decision_line(event: PermissionDecided) -> str:
    """What was asked for, and who allowed or denied it."""
    request, decision = event.request, event.decision
    word = "allowed" if decision.allowed else "denied"
    what = one_line(f"{request.tool_name} {request.subject}", _LONGEST)
    by = "" if decision.by == "nobody" else f" (by {'you' if decision.by == 'user' else one_line(decision.by, 40)})"
    return f"{word}: {what}{by}{': ' if decision.reason else ''}{one_line(decision.reason, _LONGEST)}"


def count_lines(diff: str, kind: str) -> tuple[int, int]:
    """The lines that a change adds and removes.

    Args:
        diff: a unified diff, or else the text of a new file.
        kind: the kind of the change; a text without hunks is a new file's if this is `add`.
    """
    added = removed = 0
    old = new = 0  # lines that the hunk still has: what begins like the header of a file may be one of them
    hunks = False
    for line in diff.split("\n"):
        if old <= 0 and new <= 0:
            if header := _HUNK.match(line):
                hunks = True
                old, new = (1 if count is None else int(count[:9]) for count in header.groups())
        elif line.startswith("+"):
            added, new = added + 1, new - 1
        elif line.startswith("-"):
            removed, old = removed + 1, old - 1
        elif not line.startswith("\\"):
            old, new = old - 1, new - 1
    if not hunks and kind == "add":
        added = len(diff.splitlines())
    return added, removed


class Checklist:
    """An agent's plan as it is told: whole at first, then only the steps that changed."""

    def __init__(self) -> None:
        self._told: list[str] = []

    def lines(self, plan: Plan) -> Iterator[str]:
        """What to tell about the plan as it is now."""
        steps = [f"{_BOXES.get(step.status, '[ ]')} {one_line(step.text, _LONGEST)}" for step in plan.steps]
        told, self._told = self._told, steps
        if [step[3:] for step in steps] != [step[3:] for step in told]:
            yield "plan:" if steps else "plan: nothing is left of it"
            yield from steps
        else:
            yield from [step for step, before in zip(steps, told, strict=True) if step != before]
