"""What an agent asks to be allowed, as requests of Claif, and the option that answers it.

https://agentclientprotocol.com/protocol/tool-calls#requesting-permission
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claif.api import PermissionRequest, json_dumps
from claif_acp.parts import tables, text
from claif_acp.tools import Call, diff_of

KINDS = {"read": "read", "search": "read", "edit": "edit", "execute": "command", "fetch": "network"}
"""What a kind of tool is for Claif; deleting and moving are more than editing, and `other`, like all the rest."""
_SUBJECTS = {"command": ("command",), "network": ("url", "query"), "read": ("path", "file_path", "filePath")}
_NAMED = (
    *("path", "file_path", "filePath", "filepath", "diff", "content"),
    *("old_string", "new_string", "oldString", "newString"),
)
"""Parameters of an edit that are in its diff."""


def permission_requests(call: Call, conversation: str) -> list[PermissionRequest]:
    """The requests in a request for permission, all of which have to be allowed.

    Args:
        call: the call of a tool that it is about.
        conversation: the id of the session.
    """
    kind = KINDS.get(call.kind, "other")
    if kind == "edit":
        edits = [
            _request(call, kind, path, conversation, told=_NAMED, diff=diff_of(old or "", new))
            for path, old, new in call.diffs()
        ] or [
            _request(call, kind, path, conversation, told=_NAMED, diff=text(call.raw.get("diff")))
            for path in call.paths
        ]
        # An edit of files that it does not name is not one that the mode may settle.
        return edits or [_request(call, "other", _parameters(call) or call.title, conversation)]
    names = _SUBJECTS.get(kind, ())
    name = next((name for name in names if isinstance(call.raw.get(name), str) and call.raw[name]), None)
    if name is not None:
        return [_request(call, kind, call.raw[name], conversation, told=(name,))]
    if kind == "command":
        return [_request(call, kind, _parameters(call) or call.title, conversation)]
    if kind == "read" and call.paths:
        return [_request(call, kind, path, conversation) for path in call.paths]
    return [_request(call, kind, _parameters(call) or call.title, conversation)]


def _request(
    call: Call, kind: str, subject: str, conversation: str, *, told: tuple[str, ...] = (), diff: str = ""
) -> PermissionRequest:
    return PermissionRequest(
        id=call.id,
        tool_name=call.tool_name,
        kind=kind,
        subject=subject,
        detail=_detail(call, subject, told),
        diff=diff,
        conversation=conversation,
    )


def _detail(call: Call, subject: str, told: tuple[str, ...]) -> str:
    """The title, what is shown, and every parameter that is told nowhere else: one may make a harmless one harmful."""
    parts = [part for part in (call.title, *call.texts()) if part and part != subject]
    if told and (more := {name: value for name, value in call.raw.items() if name not in told}):
        parts.append(json_dumps(more).decode())
    return "\n".join(parts)


def _parameters(call: Call) -> str:
    return json_dumps(dict(call.raw)).decode() if call.raw else ""


def outcome(params: Mapping[str, Any], *, allowed: bool) -> dict[str, Any]:
    """The result of a request for permission: always for this once, so that the agent asks again.

    Args:
        params: of the request.
        allowed: what was decided.

    Returns:
        The outcome `cancelled` if the agent offers no option of the kind that is needed.
    """
    kinds = ("allow_once",) if allowed else ("reject_once", "reject_always")
    for kind in kinds:
        for option in tables(params.get("options")):
            if option.get("kind") == kind and text(option.get("optionId")):
                return {"outcome": {"outcome": "selected", "optionId": option["optionId"]}}
    return CANCELLED


CANCELLED: dict[str, Any] = {"outcome": {"outcome": "cancelled"}}
