"""Aligned tables for people; programs take --json."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from .sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Callable


def table(
    headers: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    right: Collection[int] = (),
    style: Callable[[str], str] | None = None,
) -> str:
    """A table whose columns are as wide as they must be; columns without any value are left out.

    Args:
        headers: the names of the columns.
        rows: their values; `None` is nothing.
        right: the numbers of columns that stand at the right, as numbers do.
        style: applied to the line of headers.

    Returns:
        The lines, without a newline at the end.
    """
    cells = [["" if value is None else one_line(str(value)) for value in row] for row in rows]
    kept = [column for column in range(len(headers)) if not rows or any(row[column] for row in cells)]
    widths = [max(display_width(row[column]) for row in [list(headers), *cells]) for column in kept]
    lines = []
    for row in [list(headers), *cells]:
        padded = [
            _padded(row[column], width, right=column in right) for column, width in zip(kept, widths, strict=True)
        ]
        lines.append("  ".join(padded).rstrip())
    if style is not None:
        lines[0] = style(lines[0])
    return "\n".join(lines)


def _padded(text: str, width: int, *, right: bool) -> str:
    space = " " * (width - display_width(text))
    return space + text if right else text + space


def display_width(text: str) -> int:
    """Columns that the text takes on a terminal."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(character) else 2 if east_asian_width(character) in "WF" else 1 for character in text)


def megabytes(count: int) -> str:
    """A number of bytes for people."""
    return f"{count / 1e6:.0f} MB"
