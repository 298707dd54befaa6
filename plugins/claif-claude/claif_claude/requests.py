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
_SHOWN = ("description", "old_string", "new_string", "content", "edits")
"""Parameters that are in the reason or in the diff."""
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
    kind = "tool" if tool.startswith("mcp__") else KINDS.get(tool, "other")
    name = next((name for name in _SUBJECTS if parameters.get(name)), None) if kind in KINDS.values() else None
    subject = _json(parameters) if name is None else str(parameters[name])
    return PermissionRequest(
        id=str(record.get("tool_use_id", "")),
        tool_name=tool,
        kind=kind,
        subject=subject,
        detail=_detail(record, parameters, subject, () if name is None else (name, *_SHOWN)),
        diff=_diff(parameters),
        conversation=conversation,
    )


def _detail(record: Mapping[str, Any], parameters: Mapping[str, Any], subject: str, told: tuple[str, ...]) -> str:
    """The reason, and every parameter that is told nowhere else: one may make a harmless command harmful."""
    reason = record.get("decision_reason") or record.get("description") or ""
    parts = [reason] if isinstance(reason, str) and reason not in ("", subject) else []
    if told and (more := {name: value for name, value in parameters.items() if name not in told}):
        parts.append(_json(more))
    return "\n".join(parts)


def _json(parameters: Mapping[str, Any]) -> str:
    return json.dumps(parameters, sort_keys=True, ensure_ascii=False)


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
