"""Lines in and lines out of a fake CLI: plain descriptors, no threads, nothing buffered that was written."""

from __future__ import annotations

import json
import os
import select
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .record import Record

OUT, ERR = 1, 2
CHUNK = 65_536


class Ended(Exception):
    """Standard input has ended."""


class Garbled(Exception):
    """A line on standard input is no JSON object."""


class Wire:
    """Standard input and output of the program.

    Attributes:
        ended: whether standard input has ended.
    """

    def __init__(self, record: Record) -> None:
        self.ended = False
        self._record = record
        self._buffer = bytearray()
        self._searched = 0

    def send(self, record: dict[str, Any]) -> None:
        """Write a JSON line."""
        self.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode(errors="replace") + b"\n")

    def write(self, data: bytes, descriptor: int = OUT) -> None:
        """Write all of it; whoever does not read makes this wait."""
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]

    def receive(self, seconds: float | None = None) -> dict[str, Any] | None:
        """The next JSON line; `None` if there is none within so many seconds, without which it waits for ever.

        Raises:
            Ended: standard input has ended.
            Garbled: the line is no JSON object.
        """
        line = self.line(seconds)
        if line is None:
            return None
        try:
            record = json.loads(line)
        except ValueError:
            raise Garbled(line.decode(errors="replace")) from None
        if not isinstance(record, dict):
            raise Garbled(line.decode(errors="replace"))
        return record

    def line(self, seconds: float | None = None) -> bytes | None:
        """The next line that is not empty; see `receive`."""
        until = None if seconds is None else time.monotonic() + seconds
        while True:
            while (end := self._buffer.find(b"\n", self._searched)) < 0:
                self._searched = len(self._buffer)
                if not self._fill(until):
                    return None
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            self._searched = 0
            if line.strip():
                self._record.line(line)
                return line

    def rest(self) -> bytes:
        """All of standard input, to its end."""
        try:
            while True:
                self._fill(None)
        except Ended:
            self._record.line(bytes(self._buffer))
            return bytes(self._buffer)

    def _fill(self, until: float | None) -> bool:
        if self.ended:
            raise Ended
        left = None if until is None else max(0.0, until - time.monotonic())
        if not select.select([0], [], [], left)[0]:
            return False
        data = os.read(0, CHUNK)
        if not data:
            self.ended = True
            raise Ended
        self._buffer += data
        return True
