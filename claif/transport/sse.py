"""Server-sent events: a pure incremental parser from bytes to (event name, data)."""

from __future__ import annotations

from ..errors import ProtocolError
from .limits import DEFAULT_LIMITS, Limits

Event = tuple[str | None, str]
"""The event's name, if it has one, and its data."""


class SSEParser:
    """Parses a stream that comes in any pieces; the events do not depend on where the pieces end.

    Names and data as the standard of server-sent events says, with two differences: a stream that is not UTF-8 is an
    error, and ids and reconnection times are read over, since an answer of a model cannot be resumed.

    Args:
        limits: the bounds for one event.
    """

    __slots__ = ("_error", "_first", "_limit", "_parts", "_size", "_skip_lf")

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self._limit = limits.event
        self._parts: list[bytes] = []
        self._size = 0
        self._skip_lf = False
        self._first = True
        self._error: ProtocolError | None = None

    def feed(self, data: bytes) -> list[Event]:
        """Take the next piece of the stream.

        Args:
            data: bytes as they came.

        Returns:
            The events that this piece completes.

        Raises:
            ProtocolError: an event is larger than the limit, or not UTF-8. Events before it have been returned.
        """
        error = self._error
        if error is not None:
            raise error
        end = len(data) - 2
        # The usual case: the piece is one event that has one line, `data: {…}`.
        if self._size or end > self._limit or not (data.startswith(b"data: ") and data.find(b"\n") == end >= 0):
            return self._feed(data)
        if self._skip_lf or b"\r" in data or not data.endswith(b"\n\n"):
            return self._feed(data)
        try:
            event = (None, data[6:end].decode())
        except UnicodeDecodeError:
            return self._feed(data)
        self._first = False
        return [event]

    def _feed(self, data: bytes) -> list[Event]:
        if self._skip_lf or b"\r" in data:
            data = self._unify(data)
        events: list[Event] = []
        parts = self._parts
        if parts and (b"\n\n" in data or (data.startswith(b"\n") and parts[-1].endswith(b"\n"))):
            data = b"".join((*parts, data))
            parts.clear()
            self._size = 0
        end = -1 if parts else data.rfind(b"\n\n")
        if end >= 0:
            self._dispatch(data[:end], events)
            data = data[end + 2 :]
        if data and self._error is None:
            self._keep(data)
        if self._error is not None and not events:
            raise self._error
        return events

    def close(self) -> int:
        """End the stream.

        Returns:
            How many bytes of an event that was never completed are dropped.

        Raises:
            ProtocolError: the error that `feed` has still to report.
        """
        if self._error is not None:
            raise self._error
        dropped, self._size = self._size, 0
        self._parts.clear()
        return dropped

    def _unify(self, data: bytes) -> bytes:
        # A CR ends a line at once; if the LF of a CRLF follows, in this piece or the next, it is skipped.
        if self._skip_lf and data.startswith(b"\n"):
            data = data[1:]
            self._skip_lf = False
        if not data:
            return data
        self._skip_lf = data[-1:] == b"\r"
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _keep(self, data: bytes) -> None:
        self._parts.append(data)
        self._size += len(data)
        # Two more than the limit, as there may be a line end before the event and one of the two that close it.
        if self._size > self._limit + 2:
            self._parts.clear()
            self._error = self._too_large()

    def _too_large(self) -> ProtocolError:
        return ProtocolError(f"The provider sent an event of more than {self._limit:,} bytes.")

    def _dispatch(self, data: bytes, events: list[Event]) -> None:
        if len(data) <= self._limit:
            try:
                text = data.decode()
            except UnicodeDecodeError:
                pass
            else:
                self._parse(text.split("\n\n"), events)
                return
        # One of the events is bad, or all together are larger than one may be: look at each by itself.
        for lines in data.split(b"\n\n"):
            block = lines.strip(b"\n")
            if len(block) > self._limit:
                self._error = self._too_large()
                return
            try:
                text = block.decode()
            except UnicodeDecodeError as error:
                self._error = ProtocolError(f"The provider sent an event that is not UTF-8 (byte {error.start}).")
                return
            self._parse([text], events)

    def _parse(self, blocks: list[str], events: list[Event]) -> None:
        if self._first:
            self._first = False
            blocks[0] = blocks[0].removeprefix("\ufeff")
        for block in blocks:
            if block.startswith("data: ") and "\n" not in block:
                events.append((None, block[6:]))
            elif block:
                event = _event(block)
                if event is not None:
                    events.append(event)


def _event(block: str) -> Event | None:
    name: str | None = None
    data: list[str] = []
    for line in block.split("\n"):
        field, _, value = line.partition(":")
        if field == "data":
            data.append(value.removeprefix(" "))
        elif field == "event":
            name = value.removeprefix(" ") or None
    return (name, "\n".join(data)) if data else None
