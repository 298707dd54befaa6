"""What a tool of Claude Code did to files, and what it plans, as events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claif.api import FileChange, Plan, PlanStep, ToolUseBlock

_KINDS = {"create": "add", "update": "update", "delete": "delete"}


def file_change(result: object) -> FileChange | None:
    """The change that a `tool_use_result` tells of: `{filePath, structuredPatch, …}`; `None` if it is none."""
    if not isinstance(result, Mapping) or not isinstance(result.get("filePath"), str):
        return None
    if "structuredPatch" not in result:
        return None
    kind = _KINDS.get(str(result.get("type", "update")), "update")
    diff = _patch(result["structuredPatch"])
    if not diff and kind == "add" and isinstance(result.get("content"), str):
        lines = result["content"].splitlines()
        diff = f"@@ -0,0 +1,{len(lines)} @@\n" + "".join([f"+{line}\n" for line in lines])
    return FileChange(result["filePath"], kind, diff)


def _patch(hunks: object) -> str:
    parts = []
    for hunk in hunks if isinstance(hunks, list) else ():
        if not isinstance(hunk, Mapping) or not isinstance(hunk.get("lines"), list):
            continue
        numbers = [hunk.get(name, 0) for name in ("oldStart", "oldLines", "newStart", "newLines")]
        parts.append("@@ -{},{} +{},{} @@\n".format(*numbers))
        parts += [f"{line}\n" for line in hunk["lines"]]
    return "".join(parts)


class PlanKeeper:
    """Follows the tools with which Claude Code keeps its plan: `TodoWrite`, or `TaskCreate` and `TaskUpdate`."""

    def __init__(self) -> None:
        self._steps: dict[str, PlanStep] = {}

    def take(self, block: ToolUseBlock) -> Plan | None:
        """The plan after a tool use; `None` if it does not change it."""
        given = block.parameters
        if block.tool_name == "TodoWrite" and isinstance(given.get("todos"), list):
            todos = [todo for todo in given["todos"] if isinstance(todo, Mapping)]
            self._steps = {str(number): _step(todo, "content") for number, todo in enumerate(todos, 1)}
        elif block.tool_name == "TaskCreate" and given.get("subject"):
            self._steps[str(len(self._steps) + 1)] = _step(given, "subject")
        elif block.tool_name == "TaskUpdate" and str(given.get("taskId")) in self._steps:
            key = str(given["taskId"])
            if given.get("status") == "deleted":
                del self._steps[key]
            else:
                old = self._steps[key]
                self._steps[key] = PlanStep(
                    str(given.get("subject") or old.text), str(given.get("status") or old.status)
                )
        else:
            return None
        return Plan(self._steps.values())


def _step(given: Mapping[str, Any], name: str) -> PlanStep:
    return PlanStep(str(given.get(name, "")), str(given.get("status") or "pending"))
