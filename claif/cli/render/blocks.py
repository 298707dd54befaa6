"""Splits growing Markdown into blocks that are complete and the one that may still grow."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt


@cache
def parser() -> MarkdownIt:
    """The Markdown of models: CommonMark with tables and strikethrough; HTML is text: `List<int>` stays."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def split(text: str) -> tuple[list[str], str]:
    """The complete blocks, and the rest.

    A block is complete when another begins after it. The last line, as long as it has no end, begins none: `2` may
    become the second item of a list.
    """
    known = text[: text.rfind("\n") + 1]
    starts = _starts(known)
    if len(starts) <= 1:
        return [], text
    lines = [f"{line}\n" for line in known.split("\n")]
    borders = [0, *starts[1:]]
    blocks = ["".join(lines[begin:end]) for begin, end in pairwise(borders)]
    return blocks, text[sum(map(len, blocks)) :]


def _starts(text: str) -> list[int]:
    """The lines on which top-level blocks begin."""
    return [token.map[0] for token in parser().parse(text) if token.level == 0 and token.nesting >= 0 and token.map]
