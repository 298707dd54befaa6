"""Owners: who writes a row, and whether that still runs.

Each client that writes has a file, `ledger-owners/ID`, and keeps it locked. The system takes the lock away when the
process ends, however that happens, so that a file that nobody has locked, or that is not there, was left by the dead.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from ..downloads.lock import FileLock

FOLDER = "ledger-owners"
OLD = 3600.0
"""Seconds after which a file that nobody has locked is removed: nobody who has just made it is about to lock it."""
_TRIES = 5


class Owner:
    """This client, as an owner of rows.

    Args:
        home: Claif's own folder.
    """

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER
        self._lock: FileLock | None = None
        self.id = os.urandom(8).hex()

    def enter(self) -> None:
        """Be known to run.

        Raises:
            OSError: the file cannot be made.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for _ in range(_TRIES):
            path = self._folder / self.id
            lock = FileLock(path)
            if lock.acquire():
                self._lock = lock
                return
            path.unlink(missing_ok=True)  # somebody looked at it just when it had been made
            self.id = os.urandom(8).hex()
        raise OSError(0, "no file of an owner can be locked")

    def leave(self) -> None:
        """End; no row of it is pending any more."""
        if self._lock is not None:
            (self._folder / self.id).unlink(missing_ok=True)
            self._lock.release()
            self._lock = None


def is_running(home: Path, owner: str) -> bool:
    """Whether the owner of a row still runs."""
    lock = FileLock(home / FOLDER / owner)
    try:
        free = lock.acquire(make=False)
    except OSError:
        return False
    lock.release()
    return not free


def dead_owners(home: Path, most: int = 100) -> Iterator[tuple[str, Path | None]]:
    """Owners that do not run any more, each with its file if that is old enough to be removed."""
    try:
        names = sorted(os.listdir(home / FOLDER))[:most]
    except OSError:
        return
    for name in names:
        path = home / FOLDER / name
        if not is_running(home, name):
            try:
                old = time.time() - path.stat().st_mtime > OLD
            except OSError:
                continue
            yield name, path if old else None
