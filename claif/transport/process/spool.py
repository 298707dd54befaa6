"""The spool: bytes of a child that nobody has taken yet, first in memory, then in a file that has no name."""

from __future__ import annotations

import tempfile
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import IO

from ...errors import ProtocolError, TransportError
from ..limits import MIB

MEMORY = 8 * MIB
"""Bytes that are kept in memory."""
BACKLOG = 1024 * MIB
"""Bytes that may wait in all."""
LINE = 64 * MIB
"""Bytes that one line may have."""
PIECE = 64 * 1024
"""Bytes that are read from the file at once."""
_SMALL = 4 * 1024


class Spool:
    """Takes bytes without ever waiting for who reads them, and gives them back in order, whole lines only.

    Args:
        folder: where the file is made if one is needed.
        memory: bytes that are kept in memory.
        backlog: bytes that may wait in all; the file is a ring of this size.
        line: bytes that one line may have.

    Attributes:
        size: bytes that wait.
        ended: whether nothing more comes; a last line without its end is whole then.
    """

    __slots__ = (
        *("_backlog", "_file", "_folder", "_in_file", "_in_memory", "_line", "_memory", "_parts", "_start", "_tail"),
        *("ended", "size"),
    )

    def __init__(
        self, folder: Path | None = None, *, memory: int = MEMORY, backlog: int = BACKLOG, line: int = LINE
    ) -> None:
        self._folder, self._memory, self._backlog, self._line = folder, memory, backlog, line
        self._parts: deque[bytes] = deque()
        self._file: IO[bytes] | None = None
        self._in_memory = self._in_file = self._start = self._tail = 0
        self.size = 0
        self.ended = False

    @property
    def readable(self) -> int:
        """Bytes that wait and belong to whole lines."""
        return self.size if self.ended else self.size - self._tail

    def write(self, data: bytes) -> None:
        """Take the next bytes.

        Raises:
            ProtocolError: a line is too long, or too much waits.
            TransportError: the file cannot be written.
        """
        if not data:
            return
        newline = data.rfind(b"\n")
        self._tail = self._tail + len(data) if newline < 0 else len(data) - newline - 1
        if self._tail > self._line:
            raise ProtocolError(f"The program wrote a line of more than {self._line // MIB or 1} MiB.", hint=_HINT)
        if self.size + len(data) > self._backlog:
            raise ProtocolError(f"The program wrote {self._backlog // MIB or 1} MiB that nobody took.", hint=_HINT)
        if self._in_file or self._in_memory + len(data) > self._memory:
            self._put(data)
        else:
            self._in_memory += len(data)
            if self._parts and len(self._parts[-1]) < _SMALL:
                self._parts[-1] += data
            else:
                self._parts.append(data)
        self.size += len(data)

    def read(self) -> bytes:
        """The next bytes of whole lines, as many as are at hand; none if no line is whole."""
        room = self.readable
        if not room:
            return b""
        if self._parts:
            piece = self._parts.popleft()
            if len(piece) > room:
                self._parts.appendleft(piece[room:])
                piece = piece[:room]
            self._in_memory -= len(piece)
        else:
            piece = self._get(min(room, PIECE))
        self.size -= len(piece)
        return piece

    def clear(self) -> None:
        """Forget all that waits."""
        self._parts.clear()
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):  # what could not be written is told again here
                file.close()
        self._in_memory = self._in_file = self._start = self._tail = self.size = 0

    def _put(self, data: bytes) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - it is closed by `clear`
            position = (self._start + self._in_file) % self._backlog
            first = self._backlog - position
            self._file.seek(position)
            self._file.write(data[:first])
            if len(data) > first:
                self._file.seek(0)
                self._file.write(data[first:])
            self._file.flush()
        except OSError as error:
            raise TransportError(
                f"What the program wrote cannot be kept ({error.strerror}).", hint="Make room on the disk."
            ) from None
        self._in_file += len(data)

    def _get(self, most: int) -> bytes:
        assert self._file is not None  # noqa: S101 - what is not in memory is there
        self._file.seek(self._start)
        piece = self._file.read(min(most, self._in_file, self._backlog - self._start))
        self._start = (self._start + len(piece)) % self._backlog
        self._in_file -= len(piece)
        if not self._in_file:
            self._start = 0
            self._file.close()
            self._file = None
        return piece


_HINT = "It may be in an endless loop; run it by hand to see."
