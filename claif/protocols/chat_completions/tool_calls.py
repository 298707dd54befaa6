"""Putting tool calls together from their pieces in a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, field

from ..calls import call_event

if TYPE_CHECKING:
    from ...models import Event


@define
class _Call:
    id: str = ""
    name: str = ""
    arguments: list[str] = field(factory=list)
    parameters: dict[str, Any] | None = None


class ToolCalls:
    """Collects tool calls.

    How a piece finds its call:

    1. Pieces with an `index` belong to the call of that index,
    2. unless they bring another id than it has: some servers number all calls 0.
    3. Pieces without an index belong to the call of their id,
    4. or begin a new call if they bring an unknown id or a name,
    5. or else continue the last call.
    """

    __slots__ = ("_by_index", "_calls")

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}

    def add(self, piece: Any) -> None:
        """Take one entry of `tool_calls`; what is no object is passed over."""
        if not isinstance(piece, dict):
            return
        function = piece.get("function")
        function = function if isinstance(function, dict) else {}
        call_id, name = _text(piece.get("id")), _text(function.get("name"))
        call = self._find(piece.get("index"), call_id, name)
        call.id = call.id or call_id
        call.name = call.name or name
        arguments = function.get("arguments")
        if isinstance(arguments, str):
            call.arguments.append(arguments)
        elif isinstance(arguments, dict):
            call.parameters = arguments

    def _find(self, index: Any, call_id: str, name: str) -> _Call:
        if index.__class__ is int:
            known = self._by_index.get(index)
            if known is None or (call_id and known.id and known.id != call_id):
                known = self._by_index[index] = self._new()
            return known
        if call_id:
            return next((call for call in self._calls if call.id == call_id), None) or self._new()
        return self._new() if name or not self._calls else self._calls[-1]

    def _new(self) -> _Call:
        call = _Call()
        self._calls.append(call)
        return call

    def finish(self) -> list[Event]:
        """The complete calls, in order; a call whose arguments are no JSON object becomes a `Notice`, never a guess."""
        calls, self._calls, self._by_index = self._calls, [], {}
        return [
            call_event(call.id, call.name, "".join(call.arguments) if call.parameters is None else call.parameters)
            for call in calls
        ]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
