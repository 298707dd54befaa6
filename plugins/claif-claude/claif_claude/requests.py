"""What Claude Code asks to be allowed, as a request of Claif."""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import unified_diff
from typing import Any

from claif.api import PermissionRequest

KINDS = {
    **dict.fromkeys(("Bash", "BashOutput", "KillShell", "Monitor"), "command"),
    **dict.fromkeys(("Edit", "MultiEdit", "Write", "NotebookEdit"), "edit"),
    **dict.fromkeys(("Read", "Glob", "Grep", "LS", "NotebookRead", "TaskOutput", "TaskList", "TaskGet"), "read"),
    **dict.fromkeys(("WebFetch", "WebSearch"), "network"),
}
_SUBJECTS = ("command", "file_path", "notebook_path", "path", "url", "query", "pattern")


def permission_request(record: Mapping[str, Any], conversation: str | None) -> PermissionRequest:
    """The request in a `can_use_tool` control request.

    Args:
        record: its `request`.
        conversation: the session's id.
    """
    tool = str(record.get("tool_name", ""))
    given = record.get("input")
    parameters: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    subject = next((str(parameters[name]) for name in _SUBJECTS if parameters.get(name)), None)
    detail = record.get("decision_reason") or record.get("description") or ""
    return PermissionRequest(
        id=str(record.get("tool_use_id", "")),
        tool_name=tool,
        kind="tool" if tool.startswith("mcp__") else KINDS.get(tool, "other"),
        subject=json.dumps(parameters, sort_keys=True, ensure_ascii=False) if subject is None else subject,
        detail=detail if isinstance(detail, str) and detail != subject else "",
        diff=_diff(parameters),
        conversation=conversation,
    )


def _diff(parameters: Mapping[str, Any]) -> str:
    edits = parameters.get("edits")
    changes = edits if isinstance(edits, list) else [parameters]
    return "".join([_one(change) for change in changes if isinstance(change, Mapping)])


def _one(change: Mapping[str, Any]) -> str:
    old, new = change.get("old_string", ""), change.get("new_string", change.get("content", ""))
    if not (isinstance(old, str) and isinstance(new, str)) or not (old or new):
        return ""
    lines = list(unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=3))[2:]
    return "".join([f"{line}\n" for line in lines])
