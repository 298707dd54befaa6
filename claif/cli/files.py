"""Files by their names or patterns, as shells expand them; links to folders lead `**` nowhere."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from glob import has_magic

from ..errors import InvalidQueryError


def expand(patterns: Iterable[str]) -> list[str]:
    """The files that are meant, each once, in the order of the patterns and sorted within each.

    `*`, `?` and `[…]` match within a name, `**` any number of folders. Names that begin with a dot are matched only by
    patterns that do.

    Raises:
        InvalidQueryError: there is no file of this name, or none that matches.
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        if has_magic(pattern) and not os.path.isfile(pattern):
            matches = sorted(set(_matches(pattern)))
            if not matches:
                raise InvalidQueryError(f"No file matches {pattern[:200]!r}.", hint="Check the pattern and the folder.")
            found.update(dict.fromkeys(matches))
        elif os.path.isdir(pattern):
            raise InvalidQueryError(
                f"{pattern[:200]!r} is a folder.", hint=f"Say which of its files: -f {os.path.join(pattern, '*')!r}"
            )
        elif os.path.isfile(pattern):
            found[pattern] = None
        else:
            raise InvalidQueryError(f"There is no file {pattern[:200]!r}.", hint="Check the path.")
    return list(found)


def _matches(pattern: str) -> Iterator[str]:
    drive, rest = os.path.splitdrive(pattern)
    parts = [part for part in rest.replace(os.altsep or os.sep, os.sep).split(os.sep) if part]
    start = f"{drive}{os.sep}" if rest.startswith((os.sep, os.altsep or os.sep)) else drive
    if parts and parts[-1] == "**":
        parts.append("*")
    return _below(start, parts)


def _below(folder: str, parts: list[str]) -> Iterator[str]:
    first, rest = parts[0], parts[1:]
    if first == "**":
        yield from _below(folder, rest)
        for entry in _entries(folder):
            if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False):
                yield from _below(os.path.join(folder, entry.name), parts)
        return
    for name in _named(folder, first) if has_magic(first) else [first]:
        path = os.path.join(folder, name)
        if rest:
            yield from _below(path, rest)
        elif os.path.isfile(path):
            yield path


def _named(folder: str, pattern: str) -> Iterator[str]:
    """The names in a folder that match."""
    for entry in _entries(folder):
        hidden = entry.name.startswith(".") and not pattern.startswith(".")
        if not hidden and fnmatchcase(os.path.normcase(entry.name), os.path.normcase(pattern)):
            yield entry.name


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """What is in a folder; nothing if it cannot be read."""
    try:
        with os.scandir(folder or os.curdir) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []
