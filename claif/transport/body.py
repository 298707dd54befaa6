"""The body of an answer, piece by piece: counted, unpacked, and its connection given back or closed at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import trio

from ..errors import ClaifError, ProtocolError
from .decoding import Decompressor
from .failures import exchange_failure
from .headers import header

if TYPE_CHECKING:
    import httpcore2

    from .limits import Limits

DRAIN_BYTES = 64 * 1024
"""What may still come after the end of a stream that is worth reading for the sake of its connection."""

DRAIN_TIME = 0.5
"""Seconds that this may take."""


class Body:
    """What comes after the headers.

    Args:
        answer: httpcore2's answer.
        limits: the bounds.
        peer: the origin, for messages.

    Raises:
        ProtocolError: it is encoded in a way that was not asked for.
    """

    __slots__ = ("_answer", "_chunks", "_decompressor", "_limits", "_peer", "_stream", "_total", "_whole")

    def __init__(self, answer: httpcore2.Response, limits: Limits, peer: str) -> None:
        self._answer = answer
        self._limits = limits
        self._peer = peer
        # On trio it is an asynchronous one, with `aclose`.
        stream: Any = answer.stream
        self._stream = stream
        self._chunks = stream.__aiter__()
        self._total = 0
        self._whole = False
        encoding = header(answer.headers, "content-encoding")
        self._decompressor = Decompressor(encoding, limits) if encoding and encoding != "identity" else None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """The next piece, unpacked.

        Raises:
            ProtocolError: it is larger than the limits allow, or damaged.
            ConnectionError: the connection was lost in the middle.
        """
        try:
            chunk: bytes = await self._chunks.__anext__()
        except StopAsyncIteration:
            self._whole = True
            if self._decompressor is not None:
                self._decompressor.close()
            raise
        except Exception as error:
            ended = getattr(self._answer.extensions.get("network_stream"), "ended", False)
            raise exchange_failure(error, self._peer, began=True, ended=ended) from error
        self._total += len(chunk)
        if self._total > self._limits.total:
            raise ProtocolError(f"The provider sent more than {self._limits.total:,} bytes.")
        return chunk if self._decompressor is None else self._decompressor.feed(chunk)

    async def read(self) -> bytes:
        """All of it.

        Raises:
            ProtocolError: it is larger than the limits allow, or damaged.
            ConnectionError: the connection was lost in the middle.
        """
        parts: list[bytes] = []
        async for chunk in self:
            parts.append(chunk)
            if self._total > self._limits.body:
                raise ProtocolError(f"The provider sent more than {self._limits.body:,} bytes.")
        return b"".join(parts)

    async def drain(self) -> None:
        """Read what little may be left, so that the connection can be used again; give up quickly."""
        if self._whole:
            return
        most = self._total + DRAIN_BYTES
        with trio.move_on_after(DRAIN_TIME):
            try:
                async for _ in self:
                    if self._total > most:
                        return
            except ClaifError:
                return

    async def aclose(self) -> None:
        """End the exchange; if not all has been read, or if this is cancelled, its connection is of no more use."""
        try:
            if not self._whole:
                await self._chunks.aclose()
        finally:
            await self._stream.aclose()
