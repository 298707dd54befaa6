"""Schemas: the tables of a file, and how a file is known to have just these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    import sqlite3


class ForeignFileError(Exception):
    """The file is a database, but not one of ours."""


class NewerFileError(Exception):
    """The file was written by a version of Claif that is newer than this one."""


@frozen
class Schema:
    """What is in a file.

    Args:
        application: what SQLite keeps in the header of the file, to tell it from others.
        version: of the tables.
        tables: the statements that make them.
        rows: statements for what is in a new file.
        page: bytes of a page of a new file.
    """

    application: int
    version: int
    tables: tuple[str, ...]
    rows: tuple[str, ...] = ()
    page: int = 4096

    def prepare(self, db: sqlite3.Connection) -> None:
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
                    self._make(db)
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")
        if _number(db, "application_id") != self.application:
            raise ForeignFileError
        if _number(db, "user_version") > self.version:
            raise NewerFileError
        if _tables(db) != set(self.tables):
            raise ForeignFileError

    def _make(self, db: sqlite3.Connection) -> None:
        if _tables(db):
            raise ForeignFileError
        for statement in (*self.tables, *self.rows):
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {self.application}")
        db.execute(f"PRAGMA user_version = {self.version}")


def _number(db: sqlite3.Connection, pragma: str) -> int:
    return int(db.execute(f"PRAGMA {pragma}").fetchone()[0])


def _tables(db: sqlite3.Connection) -> set[str]:
    return {sql for (sql,) in db.execute("SELECT sql FROM sqlite_master") if sql is not None}
