r"""Shows a text of others exactly: nothing in it can hide, move the cursor, or pass for a line of ours.

1. A character that is not plainly visible is written as an escape, `\x1b` or `\u202e`: controls, all that reorders text
   or has no width or ink of its own, and every space but the common one.
2. A line is broken where the screen ends, and each line begins with a bar: what has none is from Claif.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ..table import display_width

# What Unicode counts as printable, but nobody sees: fillers, joiners, variation selectors, the empty Braille cell.
_UNSEEN = re.compile(
    "[\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_TAB = 4
"""Columns between two tab stops."""

Mark = Callable[[str], str]


def unmarked(text: str) -> str:
    """The text as it is."""
    return text


def escaped(character: str) -> str | None:
    """How a character that is not plainly visible is written; `None` if it is."""
    if character.isprintable() and not _UNSEEN.match(character):
        return None
    return character.encode("unicode_escape").decode("ascii")


def visible(text: str, mark: Mark = unmarked) -> str:
    """A text on one line, exactly.

    Args:
        text: the text.
        mark: styles what is an escape, and not the text's own.
    """
    return _joined([(escaped(each) or each, escaped(each) is not None) for each in text], mark)


def framed(
    text: str, width: int, *, mark: Mark = unmarked, style: Mark = unmarked, bar: str = "|", tabs: bool = False
) -> Iterator[str]:
    """The lines of a text, exactly, each behind a bar and none wider than the screen.

    Args:
        text: the text.
        width: columns of the screen.
        mark: styles what is an escape, and not the text's own.
        style: styles everything else.
        bar: stands before each line.
        tabs: whether tabs are layout, and shown as spaces.
    """
    room = max(8, width - len(bar) - 2)
    for line in text.split("\n"):
        for cells in _broken(line.expandtabs(_TAB) if tabs else line, room):
            yield f"{bar} {_joined(cells, mark, style)}"


def _broken(line: str, room: int) -> Iterator[list[tuple[str, bool]]]:
    cells: list[tuple[str, bool]] = []
    used = 0
    for character in line:
        shown = escaped(character)
        cell = shown or character
        columns = display_width(cell)
        if used + columns > room:
            yield cells
            cells, used = [], 0
        cells.append((cell, shown is not None))
        used += columns
    yield cells


def _joined(cells: list[tuple[str, bool]], mark: Mark, style: Mark = unmarked) -> str:
    """The cells as one text, with as few styles as can be."""
    parts: list[str] = []
    run: list[str] = []
    marked = False
    for cell, escape in cells:
        if escape is not marked and run:
            parts.append((mark if marked else style)("".join(run)))
            run = []
        marked = escape
        run.append(cell)
    if run:
        parts.append((mark if marked else style)("".join(run)))
    return "".join(parts)
