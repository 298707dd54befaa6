"""The items of a Codex turn, as its app server calls them (camel case) and as `codex exec` does."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .files import Change

KINDS = {
    "agentMessage": "agent_message",
    "reasoning": "reasoning",
    "commandExecution": "command_execution",
    "fileChange": "file_change",
    "mcpToolCall": "mcp_tool_call",
}
STATES = {"inProgress": "in_progress"}


def message(text: str) -> dict[str, Any]:
    """What the agent says."""
    return {"type": "agentMessage", "text": text, "phase": None}


def reasoning(text: str) -> dict[str, Any]:
    """What it thinks."""
    return {"type": "reasoning", "summary": [text] if text else [], "content": []}


def tool(name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """A tool: one of an MCP server if it is called `mcp__server__name`, else a command."""
    if name.startswith("mcp__"):
        _, server, own = name.split("__", 2)
        call = {"server": server, "tool": own, "arguments": parameters, "result": None, "error": None}
        return {"type": "mcpToolCall", **call, "status": "inProgress", "durationMs": None}
    command = str(parameters.get("command", name))
    return {
        "type": "commandExecution",
        "command": f"/bin/bash -lc '{command}'",
        "cwd": os.getcwd(),
        "processId": None,
        "source": "agent",
        "status": "inProgress",
        "commandActions": [{"type": "unknown", "command": command}],
        "aggregatedOutput": None,
        "exitCode": None,
        "durationMs": None,
    }


def ended(item: dict[str, Any], output: str, *, failed: bool) -> dict[str, Any]:
    """The item of a tool that has run."""
    status = "failed" if failed else "completed"
    if item["type"] == "commandExecution":
        return {**item, "status": status, "aggregatedOutput": output, "exitCode": int(failed), "durationMs": 1}
    if failed:
        return {**item, "status": status, "error": {"message": output}, "durationMs": 1}
    content = {"content": [{"type": "text", "text": output}], "structuredContent": None}
    return {**item, "status": status, "result": content, "durationMs": 1}


def file_change(change: Change) -> dict[str, Any]:
    """A change of a file; a new one has no diff but its content."""
    kind = {"type": change.kind} | ({"move_path": None} if change.kind == "update" else {})
    diff = change.content if change.kind == "add" else change.old if change.kind == "delete" else change.diff
    return {
        "type": "fileChange",
        "changes": [{"path": change.path, "kind": kind, "diff": diff or ""}],
        "status": "inProgress",
    }


def as_exec(item: dict[str, Any]) -> dict[str, Any]:
    """The item as `codex exec --json` tells it."""
    kind = KINDS[item["type"]]
    own = {"id": item["id"], "type": kind}
    match kind:
        case "agent_message":
            return {**own, "text": item["text"]}
        case "reasoning":
            return {**own, "text": "".join(item["summary"])}
        case "command_execution":
            names = {"command": "command", "aggregatedOutput": "aggregated_output", "exitCode": "exit_code"}
        case "file_change":
            changes = [{"path": change["path"], "kind": change["kind"]["type"]} for change in item["changes"]]
            own, names = {**own, "changes": changes}, {}
        case _:
            found = item["result"] and {"content": item["result"]["content"], "structured_content": None}
            own["result"] = found
            names = {"server": "server", "tool": "tool", "arguments": "arguments", "error": "error"}
    status = STATES.get(item["status"], item["status"])
    told = {new: item[old] for old, new in names.items()}
    return {**own, **told, "status": status}
