"""Places: folders of Claif's own for checkouts, each for one query at a time, and what a crashed Claif left in them.

1. A place is its number for a repository, so that agents, which keep something for each path, see few of them.
2. Who works in it holds its lock, which ends with the process. Whoever gets the lock may remove what is there.
3. What is to be kept for the user is moved away before the lock is given back.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from contextlib import suppress
from itertools import count
from pathlib import Path, PurePath

from ..config.files import make_private_folder
from ..downloads.lock import FileLock

FOLDER = "worktrees"
"""In Claif's own folder."""
_ODD = re.compile(r"[^A-Za-z0-9_]+")
_LONGEST = 40
_REPOSITORY = "repository"
"""The file that says which repository knows of the checkout."""
_LOCK = ".lock"


class Place:
    """A place that this process has, until it gives it back.

    Args:
        folder: everything of it.
        lock: held.
    """

    def __init__(self, folder: Path, lock: FileLock) -> None:
        self.folder = folder
        self.checkout = folder / folder.name
        self._lock = lock

    def give_back(self) -> None:
        """Remove what is there; waits for the disk."""
        try:
            clear(self.folder)
        finally:
            self._lock.release()

    def keep(self) -> Path:
        """Give it back, and keep the checkout elsewhere; returns where."""
        for number in count(1):
            kept = self.folder.with_name(f"kept-{self.folder.name}-{number}")
            if not os.path.lexists(kept):
                break
        try:
            self.checkout.rename(kept)
        finally:
            self.give_back()
        return kept


def take_place(home: Path, repository: Path) -> Place:
    """A place for a checkout, empty; what others left behind everywhere is removed. Waits for the disk.

    Args:
        home: Claif's own folder.
        repository: what all worktrees of the repository share.

    Raises:
        ConfigurationError: the folder cannot be made.
        OSError: likewise.
    """
    # Without links, for git notes it so.
    make_private_folder(home / FOLDER)
    places = Path(os.path.realpath(home / FOLDER))
    remove_leftovers(places)
    digest = hashlib.sha256(os.fsencode(repository)).hexdigest()[:8]
    top = repository.parent.name if repository.name == ".git" else repository.name
    stem = f"{_ODD.sub('-', top)[:_LONGEST].strip('-') or 'repository'}-{digest}"
    for number in count(1):
        folder = places / f"{stem}-{number}"
        lock = FileLock(places / f"{folder.name}{_LOCK}")
        if lock.acquire():
            break
    try:
        clear(folder)
        folder.mkdir(mode=0o700)
        (folder / _REPOSITORY).write_bytes(os.fsencode(repository))
    except BaseException:
        lock.release()
        raise
    return Place(folder, lock)


def remove_leftovers(places: Path) -> None:
    """Remove what is in places that nobody has.

    Args:
        places: the folder of all.
    """
    for path in places.glob(f"*{_LOCK}"):
        folder = path.with_name(path.name.removesuffix(_LOCK))
        if os.path.lexists(folder):
            lock = FileLock(path)
            with suppress(OSError):
                if lock.acquire():
                    try:
                        clear(folder)
                    finally:
                        lock.release()


def clear(folder: Path) -> None:
    """Remove a place with all that is in it, and have its repository forget it; what cannot be removed stays."""
    if (entry := _entry(folder)) is not None:
        shutil.rmtree(entry, ignore_errors=True)
        with suppress(OSError):
            entry.parent.rmdir()  # as git does with the last one
    shutil.rmtree(folder, ignore_errors=True)
    if os.path.lexists(folder):
        _open_up(folder)
        shutil.rmtree(folder, ignore_errors=True)


def entry_of(checkout: PurePath, repository: Path) -> Path | None:
    """Where a repository keeps what it knows of a checkout.

    Args:
        checkout: without links.
        repository: what all its worktrees share.
    """
    # Git writes slashes on every system.
    wanted = os.fsencode((checkout / ".git").as_posix())
    entries = repository / "worktrees"
    try:
        with os.scandir(entries) as found:
            names = [entry.name for entry in found]
    except OSError:  # there is none, or another query removes the last one now, and with it the folder of them
        return None
    for name in names:
        with suppress(OSError):
            if (entries / name / "gitdir").read_bytes().rstrip(b"\n") == wanted:
                return entries / name
    return None


def _entry(folder: Path) -> Path | None:
    """What the repository knows of a place: all, or what a git that was killed had begun to write of it."""
    try:
        repository = Path(os.fsdecode((folder / _REPOSITORY).read_bytes()))
    except OSError:
        return None
    if not repository.is_absolute():
        return None
    if (entry := entry_of(folder / folder.name, repository)) is not None:
        return entry
    # An entry has the name of its checkout, or, if it was not the first with that name, a number behind it. So one that
    # does not say yet whose it is was begun here: git works for whoever has the place, and for nobody else.
    begun = repository / "worktrees" / folder.name
    try:
        return None if (begun / "gitdir").read_bytes() else begun
    except OSError:
        return begun


def _open_up(folder: Path) -> None:
    """Let folders that nobody may write, and files where that matters, be removed."""
    with suppress(OSError):
        os.chmod(folder, 0o700)
    for root, folders, files in os.walk(folder):
        for name in (*folders, *files) if os.name == "nt" else folders:
            path = os.path.join(root, name)
            if not os.path.islink(path):
                with suppress(OSError):
                    os.chmod(path, 0o700)
