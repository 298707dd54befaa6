"""From a finished tool call of any protocol to an event."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

from .._json import loads as json_loads
from ..errors import ProtocolError
from ..models import Event, Notice, ToolUse, ToolUseBlock


def new_id() -> str:
    """An id for a call that came without one: nine letters and digits, which is what the strictest server accepts."""
    return token_hex(5)[:9]


def call_event(call_id: str, name: str, arguments: str | dict[str, Any]) -> Event:
    """The call; one whose arguments are no JSON object, or that has no name, becomes a `Notice`, never a guess.

    Args:
        call_id: the server's id of the call; one is made if it is empty.
        name: the tool.
        arguments: a JSON object, or the text of one; an empty text is one without members.
    """
    parameters: Any = arguments
    if isinstance(arguments, str):
        try:
            parameters = json_loads(arguments) if arguments.strip() else {}
        except ProtocolError:
            parameters = None
    if not isinstance(parameters, dict) or not name:
        return Notice(
            "invalid_tool_call",
            f"The model called the tool {name or '(without a name)'} with arguments that are not a JSON object.",
            {"id": call_id, "tool_name": name, "arguments": arguments},
        )
    return ToolUse(ToolUseBlock(call_id or new_id(), name, parameters))
