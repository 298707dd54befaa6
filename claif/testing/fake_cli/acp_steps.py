"""What a fake agent does in a turn that only the Agent Client Protocol knows, one class a step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

from .steps import Step


@frozen
class Stop(Step):
    """End the turn here, for a reason that ACP knows: `max_tokens`, `max_turn_requests`, `refusal` or `end_turn`.

    Gemini CLI's stream takes `max_turn_requests` for its limit of turns, and knows `loop` besides.
    """

    reason: str = "end_turn"


@frozen
class Update(Step):
    """Tell an ACP client of anything, known or not, such as `Update("usage_update", {"used": 1, "size": 10})`.

    Args:
        kind: what the field `sessionUpdate` says.
        fields: the other fields.
    """

    kind: str
    fields: Mapping[str, Any] = field(factory=dict, converter=dict)


@frozen
class Ask(Step):
    """Send an ACP client a request, and say its result, or its error, as JSON.

    Args:
        method: such as `fs/read_text_file`.
        parameters: of the request; the id of the session is added.
    """

    method: str
    parameters: Mapping[str, Any] = field(factory=dict, converter=dict)


@frozen
class Terminal(Step):
    """Have an ACP client run a command in a terminal, wait for its end, and say its output.

    Args:
        command: of the request `terminal/create`.
        arguments: the command's own.
        seconds: after so many the terminal is killed; `None` is never.
    """

    command: str
    arguments: Iterable[str] = field(default=(), converter=list)
    seconds: float | None = field(default=None, kw_only=True)


@frozen
class RpcError(Step):
    """Answer the request of an ACP client with this error.

    Args:
        code: its number in JSON-RPC.
        message: what it says.
        data: whatever else; `None` is nothing.
    """

    code: int = -32603
    message: str = "Internal error"
    data: Any = None
