"""A file: private, never reached through a link, and set aside if it is damaged; everything here blocks."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..downloads.lock import FileLock
from ..system import HAS_OWNERS, belongs_to_others, flags
from .schema import ForeignFileError

if TYPE_CHECKING:
    from .schema import Schema

BUSY = 5.0
"""Seconds that other processes may keep the file locked."""
MAX_WAL = 16 * 2**20
"""Bytes to which SQLite shortens its log, once that has grown."""
_CREATE = flags("O_RDWR", "O_CREAT", "O_EXCL", "O_NOFOLLOW", "O_CLOEXEC")
_PRIMARY = 0xFF
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_opening = threading.Lock()
"""Closing a descriptor of a file takes away the locks that other connections of this process have on it."""


def connect(path: Path, schema: Schema) -> sqlite3.Connection:
    """Open a file, which is made if there is none.

    Args:
        path: the file; its folder is made too.
        schema: what is in it.

    Raises:
        OSError: it cannot be made, is no regular file, or is another user's.
        sqlite3.Error: it is damaged, or cannot be read or written; see `is_damage`.
        ForeignFileError: it is another database.
        NewerFileError: a newer version of Claif wrote it.
    """
    with _opening:
        if not _is_private(path):
            _make(path, schema)
        return _open(path, schema)


def _open(path: Path, schema: Schema) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA trusted_schema = OFF")
        db.execute("PRAGMA cell_size_check = ON")
        db.execute(f"PRAGMA page_size = {schema.page}")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute(f"PRAGMA journal_size_limit = {MAX_WAL}")
        schema.prepare(db)
    except BaseException:
        db.close()
        raise
    return db


def in_memory(schema: Schema) -> sqlite3.Connection:
    """A database that ends with the process."""
    db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    schema.prepare(db)
    return db


def is_damage(error: BaseException) -> bool:
    """Whether the file is at fault, so that another one has to take its place."""
    if isinstance(error, ForeignFileError):
        return True
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, sqlite3.DatabaseError) and code is not None and code & _PRIMARY in _DAMAGED


def set_aside(path: Path, damaged: int | None) -> Path | None:
    """Give a damaged file another name, with the log that belongs to it, so that a new one can be begun.

    Args:
        path: the file; nobody of this process may have it open.
        damaged: its number in the file system, as it was when it was found damaged; another one stays.

    Returns:
        Its new name; `None` if another process was quicker.

    Raises:
        OSError: it cannot be renamed.
    """
    with _alone(_lock_of(path)) as held:
        if not held or inode(path) != damaged:
            return None
        aside = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}-{os.urandom(2).hex()}")
        path.rename(aside)
        with suppress(FileNotFoundError):
            path.with_name(f"{path.name}-wal").rename(aside.with_name(f"{aside.name}-wal"))
        path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
        return aside


def _lock_of(path: Path) -> Path:
    """What is locked by who sets the file aside; it is there as soon as somebody has."""
    return path.with_name(f"{path.stem}.lock")


@contextmanager
def _alone(path: Path) -> Iterator[bool]:
    """Hold a lock, or not if another process keeps it for too long; which of both is the value."""
    lock = FileLock(path)
    deadline = time.monotonic() + BUSY
    while not (held := lock.acquire()) and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        yield held
    finally:
        lock.release()


def inode(path: Path) -> int | None:
    """The number of a file in its file system; `None` if there is none."""
    try:
        return path.lstat().st_ino
    except OSError:
        return None


def _is_private(path: Path) -> bool:
    """Whether the file is there; if it is, others can neither read nor write it.

    Raises:
        OSError: it is no regular file, or another user's.
    """
    try:
        status = path.lstat()
    except FileNotFoundError:
        return False
    if not stat.S_ISREG(status.st_mode):
        raise OSError(0, "it is not a regular file")
    if belongs_to_others(status):
        raise OSError(0, "it belongs to another user")
    if HAS_OWNERS and status.st_mode & 0o077:
        path.chmod(0o600)
    return True


def _make(path: Path, schema: Schema) -> None:
    """Make the file elsewhere and put it in its place once it is whole; another process may be quicker.

    Raises:
        OSError: there is no making it.
        sqlite3.Error: likewise.
    """
    new = path.with_name(f"{path.name}.new-{os.urandom(4).hex()}")
    try:
        descriptor = os.open(new, _CREATE, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(new, _CREATE, 0o600)
    os.close(descriptor)
    try:
        _open(new, schema).close()
        lock = _lock_of(path)
        # Who has just set a damaged file aside has yet to take its log away, which must not become this one's.
        with suppress(FileExistsError), _alone(lock) if lock.exists() else nullcontext():
            _put(new, path)
    finally:
        for suffix in ("", "-wal", "-shm"):
            new.with_name(f"{new.name}{suffix}").unlink(missing_ok=True)


def _put(new: Path, path: Path) -> None:
    """Give a file the name of one that is not there yet."""
    try:
        path.hardlink_to(new)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if not path.exists():
            new.rename(path)
