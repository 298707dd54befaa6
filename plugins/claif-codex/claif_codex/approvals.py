"""What Codex asks to be allowed, as requests of Claif, and the answers that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claif.api import PermissionRequest
from claif_codex.items import file_changes

COMMAND = "item/commandExecution/requestApproval"
FILES = "item/fileChange/requestApproval"
PERMISSIONS = "item/permissions/requestApproval"


def permission_requests(
    method: str, params: Mapping[str, Any], items: Mapping[str, Mapping[str, Any]]
) -> list[PermissionRequest] | None:
    """The requests in an approval, all of which have to be allowed; `None` if it is no approval.

    Args:
        method: of the server's request.
        params: its parameters.
        items: the items that were started, by their ids: a change of files tells only the id of its item.
    """
    number, thread = str(params.get("itemId", "")), str(params.get("threadId", ""))
    reason = str(params.get("reason") or "")
    if method == COMMAND:
        network = params.get("networkApprovalContext")
        if isinstance(network, Mapping):
            host = str(network.get("host") or network)
            return [PermissionRequest(number, "network", "network", host, reason, conversation=thread)]
        where = f"in {params['cwd']}" if params.get("cwd") else ""
        detail = "\n".join(filter(None, (reason, where)))
        command = str(params.get("command") or "")
        return [PermissionRequest(number, "shell", "command", command, detail, conversation=thread)]
    if method == FILES:
        changes = list(file_changes(items.get(number, {})))
        if root := params.get("grantRoot"):
            return [
                PermissionRequest(number, "apply_patch", "other", f"write below {root}", reason, conversation=thread)
            ]
        return [
            PermissionRequest(number, "apply_patch", "edit", change.path, reason, change.diff, conversation=thread)
            for change in changes
        ] or [PermissionRequest(number, "apply_patch", "other", "files it does not name", reason, conversation=thread)]
    return None


def refusal(method: str) -> dict[str, Any] | None:
    """The answer that denies a request of a kind that Claif does not offer; `None` if there is no such answer."""
    answers: dict[str, dict[str, Any]] = {
        PERMISSIONS: {"permissions": {}, "scope": "turn"},
        "item/tool/requestUserInput": {"answers": {}},
        "mcpServer/elicitation/request": {"action": "decline"},
    }
    return answers.get(method)
