"""Small HTTP chunks that arrive together, joined to one: a parser's cost is by the chunk, a model sends one a token."""

from __future__ import annotations

import re
from enum import Enum

_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked[ \t]*\r\n", re.IGNORECASE)
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}")
_SIZE_LINE = 10
"""The longest size with its line end."""


class _State(Enum):
    HEAD = "head"
    CHUNKS = "chunks"
    PLAIN = "plain"


class ChunkJoiner:
    """Rewrites the bytes of responses on one connection, so that they mean the same in fewer chunks.

    It understands only what is strictly well-formed and arrives whole; everything else passes as it is, so that the
    HTTP parser behind it judges it. In each state:

    1. head: the next bytes begin a response. If they hold the whole head and the head says chunked, chunks follow.
    2. chunks: whole chunks in one piece are joined; the rest of a chunk that began in an earlier piece passes first.
    3. plain: nothing is changed until `begin`.
    """

    __slots__ = ("_held", "_left", "_state")

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """A request was sent: a new response comes."""
        self._state = _State.HEAD
        self._left = 0
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """Rewrite the next piece.

        Args:
            data: bytes as they came from the connection, not empty.

        Returns:
            What to give to the parser; empty if the piece ends within a chunk's size and nothing else is in it.
        """
        if self._state is _State.PLAIN:
            return data
        if self._state is _State.CHUNKS:
            return self._join(data, 0)
        end = data.find(b"\r\n\r\n")
        if end < 0 or _CHUNKED.search(data, 0, end + 2) is None:
            self._state = _State.PLAIN
            return data
        self._state = _State.CHUNKS
        return self._join(data, end + 4)

    def _join(self, data: bytes, start: int) -> bytes:
        if self._held:
            data, self._held = self._held + data, b""
        rest = min(self._left, len(data) - start)
        self._left -= rest
        start += rest
        parts: list[bytes] = []
        position = start
        while (end := self._size_line(data, position)) > 0:
            stop = end + int(data[position:end], 16) + 2
            if len(data) < stop + 2:
                self._left = stop + 2 - len(data)
                break
            if data[stop : stop + 2] != b"\r\n":
                self._state = _State.PLAIN
                break
            parts.append(data[end + 2 : stop])
            position = stop + 2
        tail = len(data) - len(self._held)
        if len(parts) < 2:  # noqa: PLR2004 - one alone has nothing to be joined with
            return data[:tail] if self._held else data
        joined = b"".join(parts)
        return b"%b%x\r\n%b\r\n%b" % (data[:start], len(joined), joined, data[position:tail])

    def _size_line(self, data: bytes, position: int) -> int:
        """Where the size of the next chunk ends; 0 if no chunk begins here that could be joined."""
        end = data.find(b"\r\n", position, position + _SIZE_LINE)
        if end < 0 and len(data) - position < _SIZE_LINE:
            self._held = data[position:]
            return 0
        if end < 0 or not _SIZE.fullmatch(data, position, end) or not data[position:end].strip(b"0"):
            self._state = _State.PLAIN
            return 0
        return end
