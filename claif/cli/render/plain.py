"""Plain text as it streams: for pipes, files, and terminals that want no more."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ..sanitize import Sanitizer
from ..style import is_terminal
from .base import TextRenderer
from .output import Output

if TYPE_CHECKING:
    from .remarks import Remarks
    from .status import Status


class PlainRenderer(TextRenderer):
    """Writes the answer's text to standard output and nothing else there; it ends with a newline.

    Args:
        remarks: what is said beside the answer.
        status: the status line.
        raw: pass the model's text on unchanged.
    """

    def __init__(self, remarks: Remarks, status: Status, *, raw: bool = False) -> None:
        super().__init__(remarks, status)
        self._output = Output(sys.stdout)
        self._raw = raw
        self._sanitizer = Sanitizer()
        self._tail = ""
        self._new_message = False
        self._one_screen = is_terminal(sys.stdout) and is_terminal(sys.stderr)

    async def write(self, text: str) -> None:
        """Write text, after a blank line if it belongs to another message."""
        shown = text if self._raw else self._sanitizer.feed(text)
        if not shown:
            return
        if self._new_message:
            self._new_message = False
            await self._put("\n" if self._tail.endswith("\n") else "\n\n")
        await self._put(shown)

    async def withdraw(self, notice: str) -> None:
        """Say that the text above does not count; it cannot be taken back."""
        self._sanitizer = Sanitizer()
        await self._end_line()
        self.remarks.line(notice)

    async def end_message(self) -> None:
        """The next text begins a new message."""
        self._sanitizer = Sanitizer()
        self._new_message = bool(self._tail)

    async def pause(self) -> None:
        """A remark on the same screen begins on a line of its own."""
        self.status.clear()
        if self._one_screen:
            await self._end_line()

    async def close(self) -> None:
        """End the last line."""
        self.status.stop()
        self.remarks.end_thinking()
        await self._end_line()

    def interrupt(self) -> None:
        """End the last line, if that takes no wait."""
        self.status.stop()
        self.remarks.end_thinking()
        if self._tail and not self._tail.endswith("\n"):
            self._output.write_now("\n")
            self._tail = "\n"

    def tick(self) -> None:
        """Turn the spinner."""
        self.status.tick()

    async def _end_line(self) -> None:
        if self._tail and not self._tail.endswith("\n"):
            await self._put("\n")

    async def _put(self, text: str) -> None:
        await self._output.write(text)
        self._tail = text[-1]
