"""Bars in a table, as long as the terminal lets them be."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

from .style import is_terminal
from .table import display_width

LONGEST = 40
"""Columns."""
SHORTEST = 5
"""Columns; what would be shorter is left out."""
_GAP = 2
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_ASCII = "#"


def bar(share: float, width: int, *, unicode: bool) -> str:
    """A bar of a share of so many columns; what is more than nothing can be seen.

    Args:
        share: from 0 to 1; more counts as 1.
        width: columns of a whole bar.
        unicode: whether eighths of a column can be drawn.
    """
    share = min(1.0, share)
    if share <= 0:
        return ""
    if not unicode:
        return _ASCII * max(1, round(share * width))
    eighths = max(1, round(share * width * 8))
    return _EIGHTHS[8] * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def with_bars(lines: Sequence[str], shares: Sequence[float | None]) -> list[str]:
    """The lines of a table with bars at their right, if a terminal has room for them.

    Args:
        lines: the lines, without colours.
        shares: what the bar of each line shows; `None` for a line without one.
    """
    widest = max([display_width(line) for line in lines], default=0)
    room = min(LONGEST, shutil.get_terminal_size().columns - widest - _GAP) if is_terminal(sys.stdout) else 0
    if room < SHORTEST:
        return list(lines)
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    drawn = []
    for line, share in zip(lines, shares, strict=True):
        shown = bar(share or 0.0, room, unicode=unicode)
        space = " " * (widest - display_width(line) + _GAP)
        drawn.append(f"{line}{space}{shown}" if shown else line)
    return drawn
