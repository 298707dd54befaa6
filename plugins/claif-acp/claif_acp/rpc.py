"""JSON-RPC 2.0 over the lines of a process, with requests in both directions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

if TYPE_CHECKING:
    from claif.api import Process

METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603


@frozen
class Answer:
    """What a request came to: a result, or an error with `code`, `message` and `data`.

    Args:
        result: of a request that was granted.
        error: of one that was not; `None` otherwise.
        late: what else the agent wrote before it answered, in order.
    """

    result: Mapping[str, Any]
    error: Mapping[str, Any] | None = None
    late: tuple[Mapping[str, Any], ...] = ()


class Connection:
    """One connection; used by one task at a time.

    Args:
        process: the agent.
        name: what the user calls it.

    Attributes:
        last: the number of the last request.
        silent: whether nothing has come since that was sent.
    """

    def __init__(self, process: Process, name: str) -> None:
        self._process = process
        self._name = name
        self.last = 0
        self.silent = False

    async def request(self, method: str, params: Mapping[str, Any]) -> Answer:
        """Send a request and wait for its answer; what else comes meanwhile is with the answer, and not in `next`.

        Raises:
            TransportError: the process ended.
        """
        return await self.answer(await self.send(method, params))

    async def answer(self, number: int) -> Answer:
        """Wait for the answer to a request that was sent; see `request`."""
        late: list[Mapping[str, Any]] = []
        while (record := await self.next()) is not None:
            answer = answer_of(record, number)
            if answer is not None:
                return Answer(answer.result, answer.error, tuple(late))
            if "method" in record and "id" in record:
                await self.refuse(record["id"], f"{record['method']} is not offered now")
            else:
                late.append(record)
        raise self._process.ended(self._name)

    async def send(self, method: str, params: Mapping[str, Any]) -> int:
        """Send a request whose answer comes by `next`; returns its number."""
        self.last += 1
        await self._process.send({"jsonrpc": "2.0", "id": self.last, "method": method, "params": params})
        self.silent = True
        return self.last

    async def notify(self, method: str, params: Mapping[str, Any]) -> None:
        """Send a notification."""
        await self._process.send({"jsonrpc": "2.0", "method": method, "params": params})

    async def respond(self, number: object, result: Mapping[str, Any]) -> None:
        """Answer a request of the agent."""
        await self._process.send({"jsonrpc": "2.0", "id": number, "result": result})

    async def refuse(self, number: object, why: str, code: int = METHOD_NOT_FOUND) -> None:
        """Answer a request of the agent with an error."""
        await self._process.send({"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": why}})

    async def next(self) -> Mapping[str, Any] | None:
        """The next notification, request or answer of the agent; `None` at its end."""
        record = await self._process.receive()
        self.silent = False
        return record


def answer_of(record: Mapping[str, Any], number: int) -> Answer | None:
    """The answer to a request that a record is; `None` if it is none, or of another one."""
    if "method" in record or record.get("id") != number or isinstance(record.get("id"), bool):
        return None
    result, error = record.get("result"), record.get("error")
    if error is not None:
        return Answer({}, error if isinstance(error, Mapping) else {"message": str(error)})
    return Answer(result if isinstance(result, Mapping) else {})
