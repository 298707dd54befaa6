"""JSON-RPC 2.0 by lines, in both directions: answers to requests, notifications, and requests of our own.

A turn is a request whose answer takes long: another one waits for its end, and all else is heard meanwhile.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar

from .voice import TICK, Interrupted, Voice
from .wire import Ended, Garbled

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
    """One end of a connection.

    Attributes:
        waiting: turns that wait for the end of the one that runs.
        requests: how many have been sent, and so the id of the next one.
    """

    turn_method: ClassVar[str]
    """The request that begins a turn."""
    header: ClassVar[dict[str, Any]] = {"jsonrpc": "2.0"}
    """What every record begins with."""

    def __init__(self, wire: Wire, script: dict[str, Any]) -> None:
        super().__init__(wire, script)
        self.waiting: deque[dict[str, Any]] = deque()
        self.requests = 0
        self._answers: dict[int, dict[str, Any]] = {}

    @abstractmethod
    def take(self, record: dict[str, Any]) -> None:
        """Take a request or a notification; answers to requests of ours are kept already."""

    @abstractmethod
    def interrupts(self, record: dict[str, Any]) -> bool:
        """Whether a record has the turn that runs stop."""

    def garbled(self, line: str) -> None:
        """A line that is no JSON ends the program; say so, if the agent does."""

    def run(self) -> int:
        """Serve requests."""
        try:
            while True:
                record = self.waiting.popleft() if self.waiting else self.wire.receive()
                if record is not None:
                    self._take(record)
        except Ended:
            return 0
        except Garbled as line:
            self.garbled(str(line))
            return 1

    def hear(self, record: dict[str, Any]) -> None:
        """Take a line during a turn; another turn waits."""
        if record.get("method") == self.turn_method:
            self.waiting.append(record)
            return
        self._take(record)
        if self.interrupts(record):
            raise Interrupted

    def _take(self, record: dict[str, Any]) -> None:
        if "method" in record:
            self.take(record)
        elif isinstance(record.get("id"), int):
            self._answers[record["id"]] = record

    def answer(self, number: Any, result: dict[str, Any]) -> None:
        """Answer a request."""
        self.wire.send({**self.header, "id": number, "result": result})

    def refuse(self, number: Any, error: dict[str, Any]) -> None:
        """Answer a request with an error."""
        self.wire.send({**self.header, "id": number, "error": error})

    def notify(self, method: str, params: dict[str, Any], **beside: Any) -> None:
        """Send a notification, with further fields beside its parameters."""
        self.wire.send({**self.header, "method": method, "params": params, **beside})

    def request(self, method: str, params: dict[str, Any], seconds: float | None = None) -> dict[str, Any] | None:
        """Send a request, and its response: `result` or `error`; `None` if there is none within so many seconds.

        When the client is gone the response is an error.
        """
        number, self.requests = self.requests, self.requests + 1
        self.wire.send({**self.header, "id": number, "method": method, "params": params})
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
