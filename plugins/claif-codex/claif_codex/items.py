"""The items of a turn - commands, changes of files, calls of tools, thoughts - as events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from claif.api import (
    Event,
    FileChange,
    Message,
    Role,
    ThinkingBlock,
    ToolResult,
    ToolResultBlock,
    ToolUse,
    ToolUseBlock,
    json_dumps,
)

_FAILED = frozenset({"failed", "declined"})


def started(item: Mapping[str, Any]) -> Iterator[Event]:
    """What the start of an item means."""
    if (use := tool_use(item)) is not None:
        yield ToolUse(use)


def completed(item: Mapping[str, Any]) -> Iterator[Event]:
    """What the end of an item means; its events are complete without those of its start."""
    kind = item.get("type")
    if kind == "agentMessage" and item.get("text"):
        yield Message.assistant(str(item["text"]))
    elif kind == "reasoning" and (thought := _thought(item)):
        yield Message(Role.ASSISTANT, [ThinkingBlock(thought)])
    elif (use := tool_use(item)) is not None:
        result = ToolResultBlock(use.id, _output(item), str(item.get("status")) in _FAILED or _exit_code(item) != 0)
        yield ToolResult(result)
        if kind == "fileChange" and item.get("status") == "completed":
            yield from file_changes(item)
        yield Message(Role.ASSISTANT, [use])
        yield Message(Role.TOOL, [result])


def tool_use(item: Mapping[str, Any]) -> ToolUseBlock | None:
    """The call of a tool that an item is; `None` if it is none."""
    number = str(item.get("id", ""))
    match item.get("type"):
        case "commandExecution":
            return ToolUseBlock(number, "shell", {"command": item.get("command"), "cwd": item.get("cwd")})
        case "fileChange":
            return ToolUseBlock(number, "apply_patch", {"paths": [path for path, _, _ in _changes(item)]})
        case "mcpToolCall":
            given = item.get("arguments")
            parameters = dict(given) if isinstance(given, Mapping) else {}
            return ToolUseBlock(number, f"mcp__{item.get('server')}__{item.get('tool')}", parameters)
        case "webSearch":
            return ToolUseBlock(number, "web_search", {"query": item.get("query")})
    return None


def file_changes(item: Mapping[str, Any]) -> Iterator[FileChange]:
    """The changes of files that an item is."""
    for path, kind, diff in _changes(item):
        yield FileChange(path, kind, diff)


def _changes(item: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for change in _list(item.get("changes")):
        if isinstance(change, Mapping):
            given = change.get("kind")
            kind: Mapping[str, Any] = given if isinstance(given, Mapping) else {"type": given}
            name = "move" if kind.get("move_path") else str(kind.get("type") or "update")
            yield str(change.get("path", "")), name, str(change.get("diff", ""))


def _exit_code(item: Mapping[str, Any]) -> int:
    code = item.get("exitCode")
    return code if isinstance(code, int) else 0


def _output(item: Mapping[str, Any]) -> str:
    if isinstance(output := item.get("aggregatedOutput"), str):
        return output
    for name in ("error", "result", "results"):
        found = item.get(name)
        if isinstance(found, Mapping) and isinstance(found.get("content"), list):
            texts = [block.get("text") for block in found["content"] if isinstance(block, Mapping)]
            return "\n".join([text for text in texts if isinstance(text, str)])
        if isinstance(found, Mapping) and isinstance(found.get("message"), str):
            return str(found["message"])
        if found is not None:
            return json_dumps(found).decode()
    return str(item.get("status") or "")


def _thought(item: Mapping[str, Any]) -> str:
    parts = _list(item.get("content")) or _list(item.get("summary"))
    return "\n\n".join([part for part in parts if isinstance(part, str)])


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
