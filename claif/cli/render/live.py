"""The live region: the last lines on the terminal, redrawn in place while they change."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence

from ..table import display_width

_SGR = re.compile(r"\x1b\[[0-9;]*m")


class LiveRegion:
    """Lines above the cursor that can still change; lines that are final scroll away above them.

    It never has more lines than the screen shows, so that each can be reached again; of a longer text the end is shown.
    When the terminal became narrower in between, it has broken the lines itself: they are counted as it shows them now.

    Args:
        write: writes to the terminal.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._lines: list[str] = []
        self._width = 0

    def update(self, final: Sequence[str], live: Sequence[str]) -> None:
        """Write final lines for good, and below them the live ones.

        Args:
            final: lines that will not change any more.
            live: lines that may change.
        """
        width, height = shutil.get_terminal_size()
        shown = list(live[-max(1, height - 2) :])
        lines = [*final, *shown]
        kept = 0
        if width == self._width:
            while kept < len(self._lines) and kept < len(lines) and self._lines[kept] == lines[kept]:
                kept += 1
        if final or kept < len(self._lines) or kept < len(lines):
            self._write(self._up(kept, width) + "".join(f"\x1b[K{line}\n" for line in lines[kept:]) + "\x1b[J")
        self._lines, self._width = shown, width

    def _up(self, kept: int, width: int) -> str:
        """Move to the first line that changes."""
        rows = sum([self._rows(line, width) for line in self._lines[kept:]])
        return f"\x1b[{rows}A\r" if rows else "\r"

    def _rows(self, line: str, width: int) -> int:
        if width >= self._width:
            return 1
        return max(1, -(-display_width(_SGR.sub("", line)) // max(1, width)))
