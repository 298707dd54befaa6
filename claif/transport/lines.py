"""JSON lines: a pure incremental framer from bytes to the text of whole lines."""

from __future__ import annotations

from ..errors import ProtocolError
from .limits import DEFAULT_LIMITS, Limits


class LineParser:
    """Cuts a stream that comes in any pieces into lines; blank lines are read over, a last line needs no line end.

    Args:
        limits: the bound for one line.
        errors: what to do with bytes that are not UTF-8: `strict` is an error, `replace` puts U+FFFD there.
    """

    __slots__ = ("_error", "_errors", "_limit", "_parts", "_size")

    def __init__(self, limits: Limits = DEFAULT_LIMITS, *, errors: str = "strict") -> None:
        self._limit = limits.line
        self._errors = errors
        self._parts: list[bytes] = []
        self._size = 0
        self._error: ProtocolError | None = None

    def feed(self, data: bytes) -> list[str]:
        """Take the next piece of the stream.

        Args:
            data: bytes as they came.

        Returns:
            The lines that this piece completes, without their line ends.

        Raises:
            ProtocolError: a line is longer than the limit, or not UTF-8. Lines before it have been returned.
        """
        error = self._error
        if error is not None:
            raise error
        end = data.rfind(b"\n")
        if end < 0:
            self._keep(data)
            if self._error is not None:
                raise self._error
            return []
        whole = b"".join((*self._parts, data[:end]))
        self._parts.clear()
        self._size = 0
        lines = self._lines(whole)
        if self._error is None:
            self._keep(data[end + 1 :])
        if self._error is not None and not lines:
            raise self._error
        return lines

    def close(self) -> list[str]:
        """End the stream.

        Returns:
            The last line, if it had no line end.

        Raises:
            ProtocolError: the last line is not UTF-8, or the error that `feed` has still to report.
        """
        if self._error is not None:
            raise self._error
        rest = b"".join(self._parts)
        self._parts.clear()
        self._size = 0
        lines = self._lines(rest)
        if self._error is not None:
            raise self._error
        return lines

    def _keep(self, data: bytes) -> None:
        if data:
            self._parts.append(data)
            self._size += len(data)
            # One more than the limit, as the last byte may be the CR of the line's end.
            if self._size > self._limit + 1:
                self._parts.clear()
                self._error = self._too_long()

    def _too_long(self) -> ProtocolError:
        return ProtocolError(f"The provider sent a line of more than {self._limit:,} bytes.")

    def _lines(self, whole: bytes) -> list[str]:
        found: list[str] = []
        for line in whole.split(b"\n"):
            text = line.removesuffix(b"\r")
            if len(text) > self._limit:
                self._error = self._too_long()
                break
            if not text or text.isspace():
                continue
            try:
                found.append(text.decode(errors=self._errors))
            except UnicodeDecodeError as error:
                self._error = ProtocolError(f"The provider sent a line that is not UTF-8 (byte {error.start}).")
                break
        return found
