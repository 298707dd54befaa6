"""From a finished function call to an event."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

from claif.api import Event, Notice, ProtocolError, ToolUse, ToolUseBlock, json_loads


def call_event(call_id: str, name: str, arguments: str) -> Event:
    """The call; one whose arguments are no JSON object becomes a `Notice`, never a guess."""
    try:
        parameters: Any = json_loads(arguments) if arguments.strip() else {}
    except ProtocolError:
        parameters = None
    if not isinstance(parameters, dict) or not name:
        return Notice(
            "invalid_tool_call",
            f"The model called the tool {name or '(without a name)'} with arguments that are not a JSON object.",
            {"id": call_id, "tool_name": name, "arguments": arguments},
        )
    return ToolUse(ToolUseBlock(call_id or f"call_{token_hex(5)}", name, parameters))
