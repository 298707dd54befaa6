"""JSON-RPC as Codex's app server speaks it: without the field `jsonrpc`, and with requests in both directions."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from claif.api import InvalidQueryError, Process, ProtocolError, redact

NO_CONVERSATION = "no rollout found"
_INVALID = -32600


class Connection:
    """One connection; used by one task at a time.

    Args:
        process: the app server.

    Attributes:
        last: the number of the last request.
    """

    def __init__(self, process: Process) -> None:
        self._process = process
        self._waiting: deque[dict[str, Any]] = deque()
        self.last = 0

    async def request(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Send a request and wait for its result; what else comes meanwhile waits for `next`.

        Raises:
            InvalidQueryError: there is no such conversation.
            ProtocolError: it is refused.
            ConnectionError: the process ended.
        """
        number = await self.send(method, params)
        while (record := await self._process.receive()) is not None:
            if "method" in record or record.get("id") != number:
                self._waiting.append(record)
                continue
            if "error" in record:
                raise _refused(method, record["error"])
            result = record.get("result")
            return result if isinstance(result, dict) else {}
        raise self._process.ended("Codex")

    async def send(self, method: str, params: Mapping[str, Any]) -> int:
        """Send a request whose answer comes by `next`; returns its number."""
        self.last += 1
        await self._process.send({"id": self.last, "method": method, "params": params})
        return self.last

    async def notify(self, method: str) -> None:
        """Send a notification."""
        await self._process.send({"method": method})

    async def respond(self, number: object, result: Mapping[str, Any]) -> None:
        """Answer a request of the server."""
        await self._process.send({"id": number, "result": result})

    async def refuse(self, number: object, why: str) -> None:
        """Answer a request of the server that is not for us."""
        await self._process.send({"id": number, "error": {"code": -32601, "message": why}})

    async def next(self) -> dict[str, Any] | None:
        """The next notification, request or late answer of the server; `None` at its end."""
        return self._waiting.popleft() if self._waiting else await self._process.receive()


def _refused(method: str, error: object) -> InvalidQueryError | ProtocolError:
    message = str(error.get("message", "")) if isinstance(error, Mapping) else str(error)
    if NO_CONVERSATION in message:
        return InvalidQueryError("Codex has no such conversation.", hint="Its ids are in the replies: --json.")
    return ProtocolError(
        f"Codex refuses {method}: {redact(message)[:500]}",
        hint="Is this version of Codex too old? See `claif install`.",
    )
