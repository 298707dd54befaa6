"""The texts of `claif embed`: words, files and standard input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..errors import InvalidQueryError
from . import stdin

MISSING = 'Give one, a file with -f, or pipe one in: claif embed "…"'


def collect(words: Sequence[str], patterns: Sequence[str], *, lines: bool) -> list[str]:
    """The texts in the order in which they were given: words first, then files.

    Args:
        words: each a text.
        patterns: files, patterns of files, or `-` for standard input, which is also read when there is nothing else.
        lines: whether each line of what is read is a text.

    Raises:
        InvalidQueryError: there is no text, or something cannot be read.
    """
    if patterns.count("-") > 1:
        raise InvalidQueryError("Standard input can be read only once.", hint="Give one -f - only.")
    found = list(words)
    for text in _read(patterns or (() if words else ("-",))):
        found += _lines(text) if lines else [text]
    if not any(text.strip() for text in found):
        raise InvalidQueryError("There is no text to embed.", hint=MISSING)
    return found


def _read(patterns: Sequence[str]) -> Iterator[str]:
    from .files import expand

    for pattern in patterns:
        if pattern == "-":
            text, _silent = stdin.read_text(optional=False)
            yield text
        else:
            yield from map(_file, expand([pattern]))


def _file(path: str) -> str:
    from ..models import TextBlock
    from .attach import load_file

    block = load_file(path)
    if not isinstance(block, TextBlock):
        raise InvalidQueryError(f"{path[:200]!r} is no text.", hint="Only text in UTF-8 can be embedded.")
    return block.text


def _lines(text: str) -> list[str]:
    """The lines that are not blank; what other characters than a newline break stays whole."""
    return [line.removesuffix("\r") for line in text.split("\n") if line.strip()]
