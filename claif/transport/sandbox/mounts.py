"""Mounts: which places a child under bubblewrap sees how, as data; nothing is done here."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple


class Kind(IntEnum):
    """How a place is seen; of two mounts of the same place the higher one counts."""

    EMPTY = 0
    """An empty folder in memory, for this child alone."""
    BLANK = 1
    """A file with other content than the host's, read-only."""
    SEALED = 2
    """An empty folder, read-only."""
    READ = 3
    """The host's file or folder, read-only."""
    WRITE = 4
    """The host's file or folder."""


class Mount(NamedTuple):
    """One place.

    Args:
        path: where, without symbolic links in it.
        kind: how it is seen.
        source: what is there, if not what the host has at the same path.
        content: what a blank file has in it.
    """

    path: Path
    kind: Kind
    source: Path | None = None
    content: bytes = b""


def ordered(mounts: Iterable[Mount]) -> list[Mount]:
    """The mounts in the order in which they must happen: outer places first, for later mounts cover earlier ones."""
    chosen: dict[Path, Mount] = {}
    for mount in mounts:
        before = chosen.get(mount.path)
        if before is None or before.kind < mount.kind:
            chosen[mount.path] = mount
    return sorted(chosen.values(), key=lambda mount: (len(mount.path.parts), mount.path))


def seen(path: Path, mounts: Iterable[Mount]) -> Mount | None:
    """The mount that decides how a place is seen; `None` if it is seen as the root is."""
    around = [mount for mount in mounts if path.is_relative_to(mount.path)]
    return max(around, key=lambda mount: (len(mount.path.parts), mount.kind), default=None)


def is_hidden(path: Path, mounts: Iterable[Mount]) -> bool:
    """Whether a place of the host cannot be seen."""
    mount = seen(path, mounts)
    return mount is not None and mount.kind < Kind.READ
