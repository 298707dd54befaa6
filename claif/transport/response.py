"""Answers: read whole, as server-sent events, or as JSON lines, each within its limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from attrs import frozen

from .body import Body
from .headers import RawHeaders, header
from .lines import LineParser
from .sse import Event, SSEParser

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import httpcore2

    from .limits import Limits

T = TypeVar("T")


class _Batches(Generic[T]):
    """Iterates over what a parser makes of the pieces of a body.

    Args:
        body: where the pieces come from.
        feed: the parser.
        close: the parser's end; it gives what is left.
    """

    __slots__ = ("_body", "_close", "_feed")

    def __init__(self, body: Body, feed: Callable[[bytes], list[T]], close: Callable[[], list[T]]) -> None:
        self._body, self._feed, self._close = body, feed, close

    def __aiter__(self) -> AsyncIterator[list[T]]:
        return self

    async def __anext__(self) -> list[T]:
        async for chunk in self._body:
            if records := self._feed(chunk):
                return records
        if records := self._close():
            return records
        raise StopAsyncIteration


@frozen
class Response:
    """An answer that has come whole.

    Args:
        status: the HTTP status.
        headers: names and values as they came.
        body: the body.
    """

    status: int
    headers: RawHeaders
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of the first header of this name, in any case."""
        return header(self.headers, name)


class StreamResponse:
    """An answer whose body is still to come; it is read once, in one of the four ways.

    Attributes:
        status: the HTTP status.
        headers: names and values as they came.
        dropped: bytes of a last event that was never completed, once `sse()` has ended.
    """

    def __init__(self, answer: httpcore2.Response, limits: Limits, peer: str) -> None:
        self.status = answer.status
        self.headers: RawHeaders = answer.headers
        self.dropped = 0
        self._limits = limits
        self._body = Body(answer, limits, peer)

    def header(self, name: str) -> str | None:
        """The value of the first header of this name, in any case."""
        return header(self.headers, name)

    async def read(self) -> bytes:
        """The whole body.

        Raises:
            ProtocolError: it is larger than the limits allow.
            ConnectionError: the connection was lost in the middle.
        """
        return await self._body.read()

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, in pieces of any size."""
        return self._body

    def sse(self) -> AsyncIterator[list[Event]]:
        """The server-sent events, as many at a time as have come together.

        Yields:
            Lists of (name or `None`, data); never an empty list.
        """
        parser = SSEParser(self._limits)

        def close() -> list[Event]:
            self.dropped = parser.close()
            return []

        return _Batches(self._body, parser.feed, close)

    def json_lines(self) -> AsyncIterator[list[str]]:
        """The lines of the body that are not blank, as many at a time as have come together.

        Yields:
            Lists of texts; never an empty list.
        """
        parser = LineParser(self._limits)
        return _Batches(self._body, parser.feed, parser.close)

    async def drain(self) -> None:
        """Read what little may be left, so that the connection can be used again; give up quickly."""
        await self._body.drain()

    async def aclose(self) -> None:
        """Give the connection back if the body has been read to its end, else close it."""
        await self._body.aclose()
