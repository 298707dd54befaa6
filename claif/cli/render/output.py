"""Standard output, written piece by piece without ever blocking the event loop on a slow reader."""

from __future__ import annotations

import os
import select
from contextlib import suppress
from typing import TextIO

import trio

_PIECE = 4096
"""Bytes that a pipe takes without blocking once it is writable (PIPE_BUF)."""


class Output:
    """Writes text to a stream at once; a reader that lags behind is waited for, and cancelling ends the wait."""

    def __init__(self, stream: TextIO) -> None:
        stream.flush()
        self._stream = stream
        self._encoding = stream.encoding or "utf-8"
        self._poll: select.poll | None = None
        try:
            self._descriptor: int | None = stream.fileno()
        except (OSError, ValueError):
            self._descriptor = None
            return
        if hasattr(select, "poll"):
            self._poll = select.poll()
            self._poll.register(self._descriptor, select.POLLOUT)

    async def write(self, text: str) -> None:
        """Write text; characters that the encoding lacks become question marks.

        Raises:
            BrokenPipeError: nobody reads any more.
        """
        if self._descriptor is None:
            self._stream.write(text)
            self._stream.flush()
            return
        data = memoryview(text.encode(self._encoding, "replace"))
        while data:
            if self._poll is not None and not self._poll.poll(0):
                await trio.lowlevel.wait_writable(self._descriptor)
            try:
                data = data[os.write(self._descriptor, data[:_PIECE]) :]
            except BlockingIOError:
                await trio.lowlevel.wait_writable(self._descriptor)

    def write_now(self, text: str) -> None:
        """Write a last piece while the answer is being cancelled; what nobody takes at once is dropped."""
        if self._descriptor is None:
            self._stream.write(text)
        elif self._poll is None or self._poll.poll(0):
            with suppress(BrokenPipeError):
                os.write(self._descriptor, text.encode(self._encoding, "replace")[:_PIECE])
