"""Calls of functions in both directions, with the ids that the server gives and without those that it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..calls import call_event, new_id

if TYPE_CHECKING:
    from ...models import Event, ToolResultBlock, ToolUseBlock

_OURS = "claif-call-"
"""So begins the id of a call that came without one; the server does not get to see it."""


def read_call(call: dict[str, Any]) -> Event:
    """The call in a part of the answer; see `call_event`."""
    identity, name, arguments = call.get("id"), call.get("name"), call.get("args")
    return call_event(
        identity if isinstance(identity, str) and identity else _OURS + new_id(),
        name if isinstance(name, str) else "",
        {} if arguments is None else arguments,
    )


def call_part(block: ToolUseBlock) -> dict[str, Any]:
    """The part of a message in which the model has called a function."""
    return {"functionCall": {**_id(block.id), "name": block.tool_name, "args": block.parameters}}


def result_part(block: ToolResultBlock, name: str) -> dict[str, Any]:
    """The part that answers a call of the function `name`."""
    response = {"error" if block.is_error else "output": block.content}
    return {"functionResponse": {**_id(block.tool_use_id), "name": name, "response": response}}


def _id(identity: str) -> dict[str, str]:
    return {} if identity.startswith(_OURS) else {"id": identity}
