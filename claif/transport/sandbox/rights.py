"""Rights: what a child of root may do once it has no more than its user number."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ...system import belongs_to_others, is_root


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
