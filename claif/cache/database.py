"""The file of the SQLite store: opened so that nothing that is in it can do harm, and set aside when it is damaged."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from time import monotonic, sleep, time
from typing import TYPE_CHECKING

from ..config.files import make_private_folder, refuse_link
from ..errors import ConfigurationError
from ..logs import logger
from ..system import flags

if TYPE_CHECKING:
    from pathlib import Path

APPLICATION = 0x436C4366
"""Marks the file as one of Claif's caches."""
SCHEMA = 1
BUSY = 5.0
"""Seconds that a writer waits for others."""
_MOMENT = 0.01
_CREATE = flags("O_RDWR", "O_CREAT", "O_CLOEXEC", "O_NOFOLLOW")
_TABLES = (
    """CREATE TABLE rows (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, provider TEXT NOT NULL, model TEXT NOT NULL,
        tag TEXT NOT NULL, created REAL NOT NULL, expires REAL NOT NULL, used REAL NOT NULL, size INTEGER NOT NULL,
        row BLOB NOT NULL)""",
    "CREATE INDEX rows_used ON rows (used)",
    "CREATE INDEX rows_expires ON rows (expires)",
    "CREATE TABLE totals (id INTEGER PRIMARY KEY CHECK (id = 1), rows INTEGER NOT NULL, size INTEGER NOT NULL)",
    "CREATE TABLE locks (key TEXT PRIMARY KEY, token TEXT NOT NULL, until REAL NOT NULL)",
)


def open_database(path: Path) -> sqlite3.Connection:
    """Open the file, or make it, for this user alone; it blocks.

    A file that is damaged, or has something else in it than Claif's own tables, is set aside and begun anew.

    Raises:
        ConfigurationError: the file cannot be made, or is a symbolic link.
        sqlite3.Error: it cannot be read or written now.
    """
    refuse_link(path)
    make_private_folder(path.parent)
    if (connection := _opened(path)) is not None:
        return connection
    set_aside(path, identity(path))
    connection = _opened(path)
    if connection is None:
        raise ConfigurationError(f"The cache {path} is replaced by others again and again.")
    return connection


def _opened(path: Path) -> sqlite3.Connection | None:
    """A connection to the file, which is made if need be; `None` if it is damaged or a stranger's."""
    try:
        os.close(os.open(path, _CREATE, 0o600))
    except OSError as error:
        raise ConfigurationError(f"The cache {path} cannot be opened ({error.strerror}).") from None
    connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
    try:
        for pragma in ("trusted_schema = OFF", "synchronous = NORMAL", "cache_size = -16384", "mmap_size = 0"):
            connection.execute(f"PRAGMA {pragma}")
        if _is_ours(connection):
            return connection
    except sqlite3.OperationalError:
        connection.close()
        raise
    except sqlite3.DatabaseError:
        pass
    connection.close()
    return None


def identity(path: Path) -> tuple[int, int] | None:
    """Which file is there now; `None` if there is none."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def set_aside(path: Path, damaged: tuple[int, int] | None) -> None:
    """Rename a damaged file, so that it can be looked at, unless another process did already.

    Args:
        path: where it is.
        damaged: the `identity` of the file that was found to be damaged.
    """
    if damaged is None or identity(path) != damaged:
        return
    kept = path.with_name(f"{path.name}.damaged-{int(time())}")
    logger.warning("the cache {} is damaged; it is kept as {} and begun anew", path, kept.name)
    with suppress(OSError):
        os.replace(path, kept)
    for suffix in ("-wal", "-shm"):
        with suppress(OSError):
            os.replace(f"{path}{suffix}", f"{kept}{suffix}")


def _is_ours(connection: sqlite3.Connection) -> bool:
    """Whether the file has Claif's tables and nothing else; an empty one is given them."""
    if _schema(connection) == set(_TABLES):
        return bool(connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION)
    _write_ahead(connection)
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = _schema(connection)
        if not found:  # not made by another process meanwhile
            for table in _TABLES:
                connection.execute(table)
            connection.execute("INSERT INTO totals VALUES (1, 0, 0)")
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {SCHEMA}")
    finally:
        connection.execute("COMMIT")
    return not found or found == set(_TABLES)


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Have it keep a write-ahead log; SQLite itself waits for nobody here, so this does."""
    until = monotonic() + BUSY
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if monotonic() > until:
                raise
            sleep(_MOMENT)
        else:
            return


def _schema(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {str(sql) for (sql,) in rows}
