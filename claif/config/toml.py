"""TOML: parses text that may be hostile, in linear time."""

from __future__ import annotations

import re
from typing import Any

from ..errors import InvalidConfigError
from .dotted import printable
from .limits import MAX_DEPTH, find_excess

_MARK = re.compile(r"""["'#\n.,=\[\]{}]""")
_CLOSERS = {"[": 1, "{": 1, "]": -1, "}": -1}


def scan_depth(text: str) -> None:
    """Refuse TOML text that is nested too deep, in one pass.

    TOML parsers take quadratic time over `a.a.a…` and recurse over `[[[…`; this looks at each character once. Where the
    text is not valid TOML, it stops: the parser gets no further either.

    Raises:
        ValueError: it is nested too deep.
    """
    dots = level = position = 0
    while found := _MARK.search(text, position):
        mark, position = found.group(), found.end()
        if mark == ".":
            dots += 1
        elif mark == "#":
            position = _line_end(text, position)
        elif mark in {'"', "'"}:
            position = _string_end(text, found.start(), mark)
            if position < 0:
                return
        else:
            dots = 0
            level = max(0, level + _CLOSERS.get(mark, 0))
        if dots >= MAX_DEPTH or level > MAX_DEPTH:
            line = text.count("\n", 0, position) + 1
            raise ValueError(f"a key or value is nested deeper than {MAX_DEPTH} levels (line {line})")


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _string_end(text: str, start: int, quote: str) -> int:
    """Where the string that begins at `start` ends, or -1 if it does not."""
    if text.startswith(quote * 3, start):
        return _multiline_end(text, start + 3, quote)
    line_end = _line_end(text, start)
    position = start + 1
    while (end := text.find(quote, position, line_end)) >= 0:
        if quote == "'" or not _escaped(text, end, start + 1):
            return end + 1
        position = end + 1
    return -1


def _multiline_end(text: str, start: int, quote: str) -> int:
    position = start
    while (end := text.find(quote * 3, position)) >= 0:
        if quote == "'" or not _escaped(text, end, start):
            end += 3
            # One or two quotes may stand directly before the closing three.
            for _ in range(2):
                end += text.startswith(quote, end)
            return end
        position = end + 1
    return -1


def _escaped(text: str, position: int, start: int) -> bool:
    """Whether an odd number of backslashes stands directly before `position`."""
    before = position
    while before > start and text[before - 1] == "\\":
        before -= 1
    return (position - before) % 2 == 1


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """Parse TOML.

    Args:
        text: the text.
        where: what to call it in an error, such as the path of the file.

    Raises:
        InvalidConfigError: it is not TOML, or goes beyond the limits.
    """
    import tomllib

    try:
        scan_depth(text)
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise _invalid(printable(str(error))[:200], where) from None
    if excess := find_excess(table):
        raise _invalid(excess, where)
    return table


def _invalid(problem: str, where: str) -> InvalidConfigError:
    return InvalidConfigError(
        f"{where} cannot be read: {problem}.",
        problems=(f"{where}: {problem}",),
        hint="Correct the file, or see `claif config path` for where it is.",
    )
