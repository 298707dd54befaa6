"""Dotted names: how a place in the configuration is written (`general.timeout`, `providers."llama.cpp".model`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..errors import InvalidConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

Path = tuple[str, ...]
"""A place in the configuration: the keys that lead to it."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_PART = re.compile(r"""([A-Za-z0-9_*-]+)|"([^"\\]*)"|'([^']*)'""")


def join(path: Iterable[str]) -> str:
    """Write a path as a dotted name; parts that are not plain words are quoted, and cannot drive a terminal."""
    return ".".join([part if _BARE.fullmatch(part) else f'"{printable(part)}"' for part in path])


def split(name: str) -> Path:
    """Read a dotted name.

    Raises:
        InvalidConfigError: it is not one.
    """
    parts: list[str] = []
    position = 0
    while match := _PART.match(name, position):
        parts.append(next(group for group in match.groups() if group is not None))
        position = match.end()
        if position == len(name):
            return tuple(parts)
        if name[position] != ".":
            break
        position += 1
    raise InvalidConfigError(
        f'"{printable(name)}" is not the name of a setting.',
        hint='Write it with dots: general.timeout, providers.openai.model, providers."llama.cpp".model.',
    )


def printable(text: str) -> str:
    """The text with control, format and surrogate characters escaped, for messages and tables."""
    if text.isprintable():
        return text
    return "".join([c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text])


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean "…"?` with the known word that comes nearest, or nothing."""
    from difflib import get_close_matches

    found = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f'; did you mean "{found[0]}"?' if found else ""
