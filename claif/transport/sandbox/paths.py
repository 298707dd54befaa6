"""Paths of the host: without links in them, and what a child of root may do there with no more than its number."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ...system import belongs_to_others, is_root


def real_path(path: str | Path, *, strict: bool = True) -> Path:
    """A path without symbolic links; unlike `Path.resolve` it treats links in a circle like other failures.

    Args:
        path: the path.
        strict: whether all of it must be there.

    Raises:
        OSError: it is not.
    """
    return Path(os.path.realpath(path, strict=strict))


def may_be_written(folder: Path) -> bool:
    """Whether a child with our user number, but without the rights of root, may write into a folder."""
    try:
        status = folder.stat()
    except OSError:
        return False
    own = not is_root() or not belongs_to_others(status) or bool(status.st_mode & stat.S_IWOTH)
    return own and os.access(folder, os.W_OK | os.X_OK)


def may_be_reached(path: Path) -> bool:
    """Whether such a child may go through the folders above a path, and into it if it is one.

    Args:
        path: without symbolic links.
    """
    if not is_root():
        return os.path.exists(path)
    for place in (path, *path.parents):
        try:
            status = place.stat()
        except OSError:
            return False
        through = stat.S_IXUSR if not belongs_to_others(status) else stat.S_IXOTH
        if stat.S_ISDIR(status.st_mode) and not status.st_mode & through:
            return False
    return True
