"""TOML: parses text that may be hostile, in linear time."""

from __future__ import annotations

import re
from typing import Any

from ..errors import InvalidConfigError
from .dotted import printable
from .limits import MAX_DEPTH, MAX_VALUES, find_excess

_STRINGS = (
    r'"""(?:[^"\\]++|\\.|"(?!""))*+"{3,5}+',
    r"\'\'\'(?:[^\']++|\'(?!\'\'))*+\'{3,5}+",
    r'"(?!"")(?:[^"\\\n]++|\\[^\n])*+"',
    r"\'(?!\'\')[^\'\n]*+\'",
)
_MARK = re.compile(rf"(?:[^\"\'#.,=\[\]{{}}]++|#[^\n]*+|{'|'.join(_STRINGS)})*+([.,=\[\]{{}}])", re.DOTALL)
"""What stands between two marks, and the second of them; it does not match where a string has no end."""
_LEVELS = {"[": 1, "{": 1, "]": -1, "}": -1}


def refuse_bomb(text: str) -> None:
    """Refuse TOML text that is nested too deep, or has far too many values, before a parser sees it.

    TOML parsers take quadratic time over `a.a.a…`, recurse over `[[[…` and are slow; this looks at each character once.
    Where the text is not valid TOML, it stops: the parser gets no further either.

    Raises:
        ValueError: it is such a text.
    """
    dots = level = position = 0
    seen = dict.fromkeys(",=[]{}", 0)
    while found := _MARK.match(text, position):
        start, position, mark = position, found.end(), found[1]
        if mark != "." or text.find("\n", start, position) >= 0:
            dots = 0
        if mark == ".":
            dots += 1
        else:
            level = max(0, level + _LEVELS.get(mark, 0))
            seen[mark] += 1
            # No value has more than two of the same: [[a]].
            if seen[mark] > 2 * MAX_VALUES:
                raise ValueError(f"more than {MAX_VALUES} values")
        if dots >= MAX_DEPTH or level > MAX_DEPTH:
            line = text.count("\n", 0, position) + 1
            raise ValueError(f"a key or value is nested deeper than {MAX_DEPTH} levels (line {line})")


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
        refuse_bomb(text)
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
