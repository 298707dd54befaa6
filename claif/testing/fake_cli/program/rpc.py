"""JSON-RPC 2.0 by lines, in both directions: answers to requests, notifications, and requests of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .voice import TICK, Voice

if TYPE_CHECKING:
    from .wire import Wire

GARBLED, UNKNOWN, INVALID, INTERNAL, ABSENT = -32700, -32601, -32602, -32603, -32002
"""Codes of errors: https://www.jsonrpc.org/specification#error_object, and ACP's for what is not found."""


class Refused(Exception):
    """A request is answered with an error.

    Args:
        code: its number.
        message: what it says.
        data: whatever else; `None` is nothing.
    """

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.error = {"code": code, "message": message} | ({} if data is None else {"data": data})


class Peer(Voice):
    """One end of a connection."""

    def __init__(self, wire: Wire, script: dict[str, Any]) -> None:
        super().__init__(wire, script)
        self._answers: dict[int, dict[str, Any]] = {}
        self._requests = 0

    def answer(self, number: Any, result: dict[str, Any]) -> None:
        """Answer a request."""
        self.wire.send({"jsonrpc": "2.0", "id": number, "result": result})

    def refuse(self, number: Any, error: dict[str, Any]) -> None:
        """Answer a request with an error."""
        self.wire.send({"jsonrpc": "2.0", "id": number, "error": error})

    def notify(self, method: str, params: dict[str, Any]) -> None:
        """Send a notification."""
        self.wire.send({"jsonrpc": "2.0", "method": method, "params": params})

    def request(self, method: str, params: dict[str, Any], seconds: float | None = None) -> dict[str, Any] | None:
        """Send a request, and its response: `result` or `error`; `None` if there is none within so many seconds.

        When the client is gone the response is an error.
        """
        number, self._requests = self._requests, self._requests + 1
        self.wire.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        left = seconds
        while number not in self._answers:
            if self.wire.ended:
                return {"error": {"code": INTERNAL, "message": "The client is gone."}}
            if left is not None and left <= 0:
                return None
            self.listen(TICK)
            left = None if left is None else left - TICK
        response = self._answers.pop(number)
        return {name: value for name, value in response.items() if name in ("result", "error")}

    def is_answer(self, record: dict[str, Any]) -> bool:
        """Keep a record that answers a request of ours."""
        if "method" in record:
            return False
        if isinstance(record.get("id"), int):
            self._answers[record["id"]] = record
        return True
