"""A lock between processes that ends with its holder, however that dies."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ..system import flags

_OPEN = flags("O_RDWR", "O_NOFOLLOW", "O_CLOEXEC")


class FileLock:
    """An advisory lock on a file that stays where it is, because removing it would give two holders two files.

    Args:
        path: the file; it is made, never emptied, and never reached through a symbolic link.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self, *, make: bool = True) -> bool:
        """Take the lock if nobody has it, without waiting.

        Args:
            make: whether the file is made if it is not there.

        Returns:
            Whether it is held now.

        Raises:
            OSError: the file cannot be opened, or is not there and not to be made.
        """
        descriptor = os.open(self._path, _OPEN | os.O_CREAT if make else _OPEN, 0o600)
        if not _lock(descriptor):
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Give it back, if it is held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


if sys.platform == "win32":
    import msvcrt

    # It keeps others even from reading the file, so that it suits no file but one that is there to be locked.
    def _lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    from ..system import try_lock as _lock
