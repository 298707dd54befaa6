"""Calls of functions in both directions, with the ids that the server gives and without those that it does not."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

from ...models import Event, Notice, ToolResultBlock, ToolUse, ToolUseBlock

_OURS = "claif-call-"
"""So begins the id of a call that came without one; the server does not get to see it."""


def call_event(call: dict[str, Any]) -> Event:
    """The call in a part of the answer; one without a name or with arguments of another kind becomes a `Notice`."""
    given, name, arguments = call.get("id"), call.get("name"), call.get("args")
    identity = given if isinstance(given, str) else ""
    parameters = {} if arguments is None else arguments
    if not isinstance(name, str) or not name or not isinstance(parameters, dict):
        name = name if isinstance(name, str) else ""
        return Notice(
            "invalid_tool_call",
            f"The model called the tool {name or '(without a name)'} with arguments that are not a JSON object.",
            {"id": identity, "tool_name": name, "arguments": arguments},
        )
    return ToolUse(ToolUseBlock(identity or _OURS + token_hex(6), name, parameters))


def call_part(block: ToolUseBlock) -> dict[str, Any]:
    """The part of a message in which the model has called a function."""
    return {"functionCall": {**_id(block.id), "name": block.tool_name, "args": block.parameters}}


def result_part(block: ToolResultBlock, name: str) -> dict[str, Any]:
    """The part that answers a call of the function `name`."""
    response = {"error" if block.is_error else "output": block.content}
    return {"functionResponse": {**_id(block.tool_use_id), "name": name, "response": response}}


def _id(identity: str) -> dict[str, str]:
    return {} if identity.startswith(_OURS) else {"id": identity}
