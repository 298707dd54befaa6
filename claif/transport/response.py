"""Answers: read whole, as server-sent events, or as JSON lines, each within its limits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Generic, TypeVar

import httpcore2
import trio
from attrs import frozen

from ..errors import ClaifError, ProtocolError
from .decoding import Decompressor
from .failures import exchange_failure
from .headers import RawHeaders, header
from .limits import Limits
from .lines import LineParser
from .sse import Event, SSEParser

T = TypeVar("T")

_PLAIN = {None, "", "identity"}

DRAIN_BYTES = 64 * 1024
"""What may still come after the end of a stream that is worth reading for the sake of its connection."""

DRAIN_TIME = 0.5
"""Seconds that this may take."""


class _Batches(Generic[T]):
    """Iterates over what a parser makes of the pieces of a body."""

    __slots__ = ("_close", "_feed", "_next")

    def __init__(
        self,
        next_chunk: Callable[[], Awaitable[bytes | None]],
        feed: Callable[[bytes], list[T]],
        close: Callable[[], list[T]],
    ) -> None:
        self._next, self._feed, self._close = next_chunk, feed, close

    def __aiter__(self) -> AsyncIterator[list[T]]:
        return self

    async def __anext__(self) -> list[T]:
        while (chunk := await self._next()) is not None:
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
    """An answer whose body is still to come; it is read once, in one of the three ways.

    Attributes:
        status: the HTTP status.
        headers: names and values as they came.
        dropped: bytes of a last event that was never completed, once `sse()` has ended.
    """

    def __init__(self, answer: httpcore2.Response, limits: Limits, peer: str) -> None:
        self.status = answer.status
        self.headers: RawHeaders = answer.headers
        self.dropped = 0
        self._answer = answer
        self._limits = limits
        self._peer = peer
        self._chunks: Any = answer.stream.__aiter__()  # type: ignore[union-attr] # on trio it is an asynchronous one
        self._total = 0
        self._whole = False
        encoding = header(answer.headers, "content-encoding")
        self._decompressor = Decompressor(encoding, limits) if encoding not in _PLAIN else None

    def header(self, name: str) -> str | None:
        """The value of the first header of this name, in any case."""
        return header(self.headers, name)

    async def read(self) -> bytes:
        """The whole body.

        Raises:
            ProtocolError: it is larger than the limits allow.
            ConnectionError: the connection was lost in the middle.
        """
        most = self._limits.body
        parts: list[bytes] = []
        while (chunk := await self._next()) is not None:
            parts.append(chunk)
            if self._total > most:
                raise ProtocolError(f"The provider sent more than {most:,} bytes.")
        return b"".join(parts)

    def sse(self) -> AsyncIterator[list[Event]]:
        """The server-sent events, as many at a time as have come together.

        Yields:
            Lists of (name or `None`, data); never an empty list.
        """
        parser = SSEParser(self._limits)

        def close() -> list[Event]:
            self.dropped = parser.close()
            return []

        return _Batches(self._next, parser.feed, close)

    def json_lines(self) -> AsyncIterator[list[str]]:
        """The lines of the body that are not blank, as many at a time as have come together.

        Yields:
            Lists of texts; never an empty list.
        """
        parser = LineParser(self._limits)
        return _Batches(self._next, parser.feed, parser.close)

    async def _next(self) -> bytes | None:
        """The next piece of the body, unpacked; `None` at its end."""
        try:
            chunk: bytes = await self._chunks.__anext__()
        except StopAsyncIteration:
            self._whole = True
            if self._decompressor is not None:
                self._decompressor.close()
            return None
        except Exception as error:
            stream = self._answer.extensions.get("network_stream")
            raise exchange_failure(error, self._peer, began=True, ended=getattr(stream, "ended", False)) from error
        self._total += len(chunk)
        if self._total > self._limits.total:
            raise ProtocolError(f"The provider sent more than {self._limits.total:,} bytes.")
        return chunk if self._decompressor is None else self._decompressor.feed(chunk)

    async def drain(self) -> None:
        """Read what little may be left, so that the connection can be used again; give up quickly."""
        left = self._total + DRAIN_BYTES
        with trio.move_on_after(DRAIN_TIME):
            try:
                while not self._whole and self._total < left:
                    if await self._next() is None:
                        return
            except ClaifError:
                return

    async def aclose(self) -> None:
        """Give the connection back if the body has been read to its end, else close it."""
        if not self._whole:
            await self._chunks.aclose()
        await self._answer.stream.aclose()  # type: ignore[union-attr] # on trio it is an asynchronous one
