"""The tables of the ledger, and how a file is known to have just these."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

VERSION = 1
APPLICATION = 0x434C6146
"""`ClaF`, which SQLite keeps in the header of the file."""

TABLES = (
    """CREATE TABLE calls (
    id TEXT PRIMARY KEY NOT NULL, owner TEXT NOT NULL, state INTEGER NOT NULL, time REAL NOT NULL,
    provider TEXT, model TEXT, route TEXT, tag TEXT,
    input_tokens INTEGER, output_tokens INTEGER, cached_tokens INTEGER, reasoning_tokens INTEGER,
    cost REAL NOT NULL, cost_known INTEGER NOT NULL, reserved REAL NOT NULL,
    latency REAL, first REAL, attempts INTEGER NOT NULL, error TEXT, cached INTEGER NOT NULL
) WITHOUT ROWID""",
    "CREATE INDEX calls_pending ON calls (owner) WHERE state = 0",
    """CREATE TABLE spending (
    day TEXT NOT NULL, provider TEXT NOT NULL, route TEXT NOT NULL, tag TEXT NOT NULL, dollars REAL NOT NULL,
    PRIMARY KEY (day, provider, route, tag)
) WITHOUT ROWID""",
    """CREATE TABLE reservations (
    call TEXT NOT NULL, number INTEGER NOT NULL,
    day TEXT NOT NULL, provider TEXT NOT NULL, route TEXT NOT NULL, tag TEXT NOT NULL, dollars REAL NOT NULL,
    PRIMARY KEY (call, number)
) WITHOUT ROWID""",
    "CREATE TABLE told (key TEXT PRIMARY KEY NOT NULL, day TEXT NOT NULL) WITHOUT ROWID",
)
"""Calls; what was spent by day; what attempts that run may cost; and of which budgets the user was told."""


class ForeignFileError(Exception):
    """The file is a database, but not one of ours."""


class NewerFileError(Exception):
    """The file was written by a version of Claif that is newer than this one."""


def prepare(db: sqlite3.Connection) -> None:
    """Make the tables in a new file; see that an old one has them, and nothing else that SQLite could run.

    Raises:
        ForeignFileError: it is another database, or was tampered with.
        NewerFileError: a newer version wrote it.
        sqlite3.Error: it cannot be read or written.
    """
    if _number(db, "user_version") == 0:
        db.execute("BEGIN IMMEDIATE")
        try:
            if _number(db, "user_version") == 0:
                _make(db)
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")
    if _number(db, "application_id") != APPLICATION:
        raise ForeignFileError
    if _number(db, "user_version") > VERSION:
        raise NewerFileError
    if _schema(db) != set(TABLES):
        raise ForeignFileError


def _make(db: sqlite3.Connection) -> None:
    if _schema(db):
        raise ForeignFileError
    for statement in TABLES:
        db.execute(statement)
    db.execute(f"PRAGMA application_id = {APPLICATION}")
    db.execute(f"PRAGMA user_version = {VERSION}")


def _number(db: sqlite3.Connection, pragma: str) -> int:
    return int(db.execute(f"PRAGMA {pragma}").fetchone()[0])


def _schema(db: sqlite3.Connection) -> set[str]:
    return {sql for (sql,) in db.execute("SELECT sql FROM sqlite_master") if sql is not None}
