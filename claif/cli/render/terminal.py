"""Rendered Markdown: complete blocks are printed for good, and on a terminal the growing one is redrawn in place."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING

from ..sanitize import Sanitizer
from .base import TextRenderer
from .live import LiveRegion

if TYPE_CHECKING:
    from .markdown import BlockRenderer
    from .remarks import Remarks
    from .status import Status


_REDRAW = 0.06
"""Seconds between two looks at what is new."""


class TerminalRenderer(TextRenderer):
    """Renders the answer as Markdown.

    Args:
        remarks: what is said beside the answer.
        status: the status line.
        live: whether the growing block is shown too; that takes a terminal on which the cursor can be moved.
    """

    def __init__(self, remarks: Remarks, status: Status, *, live: bool = True) -> None:
        super().__init__(remarks, status)
        self.interval = _REDRAW
        self._live = LiveRegion(self._put) if live else None
        self._sanitizer = Sanitizer()
        self._pending = ""
        self._changed = False
        self._printed = False
        self._next = 0.0

    @cached_property
    def _blocks(self) -> BlockRenderer:
        """Made at the first tick: rich takes long to import, and then there is a wait for the provider anyway."""
        from .markdown import BlockRenderer

        return BlockRenderer()

    async def write(self, text: str) -> None:
        """Take text; the next tick shows it."""
        shown = self._sanitizer.feed(text)
        if shown:
            self._pending += shown
            self._changed = True

    async def withdraw(self, notice: str) -> None:
        """Take the growing block away; of what was printed for good, say that it does not count."""
        self._show((), ())
        self._sanitizer = Sanitizer()
        self._pending = ""
        self._changed = False
        self.remarks.line(notice)

    async def end_message(self) -> None:
        """Print the message's last block for good."""
        self._settle()
        self._sanitizer = Sanitizer()

    async def pause(self) -> None:
        """Print what is there for good, so that a remark can stand below it."""
        self.status.clear()
        self._settle()

    async def close(self) -> None:
        """Print the last block for good."""
        self.interrupt()

    def interrupt(self) -> None:
        """Print what has come for good."""
        self.status.stop()
        self.remarks.end_thinking()
        self._settle()

    def tick(self) -> None:
        """Draw what is new; after a drawing that took long, the next is given time."""
        self.status.tick()
        blocks = self._blocks
        began = monotonic()
        if not self._changed or began < self._next:
            return
        self._changed = False
        complete, self._pending = blocks.split(self._pending)
        final = self._lines(complete)
        self._printed = self._printed or bool(final)
        self._show(final, self._lines([self._pending]) if self._live else ())
        self._next = monotonic() + 3 * (monotonic() - began)

    def _settle(self) -> None:
        """Print everything pending for good."""
        self._changed = False
        if self._pending.strip():
            complete, rest = self._blocks.split(self._pending)
            self._show(self._lines([*complete, rest]), ())
            self._printed = True
        self._pending = ""

    def _lines(self, blocks: list[str]) -> list[str]:
        """The lines of blocks, with a blank line before each but the answer's first."""
        width = shutil.get_terminal_size().columns
        lines: list[str] = []
        for block in blocks:
            rendered = self._blocks.lines(block, width)
            if rendered and (self._printed or lines):
                lines.append("")
            lines += rendered
        return lines

    def _show(self, final: Sequence[str], live: Sequence[str]) -> None:
        if self._live is not None:
            self._live.update(final, live)
        elif final:
            self._put("".join([f"{line}\n" for line in final]))

    @staticmethod
    def _put(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()
