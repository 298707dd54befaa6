"""Schemas: a file has just the tables that it should have, or it is not ours."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from claif.database.file import connect
from claif.database.schema import ForeignFileError, NewerFileError, Schema

TABLE = "CREATE TABLE things (name TEXT PRIMARY KEY NOT NULL)"
THINGS = Schema(0x54484E47, 3, (TABLE,), ("INSERT INTO things VALUES ('first')",), page=8192)


def one(path: Path, statement: str) -> object:
    with closing(connect(path, THINGS)) as db:
        return db.execute(statement).fetchone()[0]


def test_a_new_file_has_the_tables_and_the_rows_once(tmp_path: Path) -> None:
    for _ in range(2):
        assert one(tmp_path / "t.db", "SELECT count(*) FROM things WHERE name = 'first'") == 1
    assert one(tmp_path / "t.db", "PRAGMA user_version") == 3
    assert one(tmp_path / "t.db", "PRAGMA page_size") == 8192


def test_a_file_keeps_the_pages_that_it_has(tmp_path: Path) -> None:
    small = Schema(THINGS.application, THINGS.version, THINGS.tables, THINGS.rows)
    connect(tmp_path / "t.db", small).close()
    assert one(tmp_path / "t.db", "PRAGMA page_size") == 4096
    assert one(tmp_path / "t.db", "SELECT name FROM things") == "first"


def test_a_file_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    newer = Schema(THINGS.application, 4, (TABLE, "CREATE TABLE more (name TEXT)"))
    connect(tmp_path / "t.db", newer).close()
    before = (tmp_path / "t.db").read_bytes()
    with pytest.raises(NewerFileError):
        connect(tmp_path / "t.db", THINGS)
    assert (tmp_path / "t.db").read_bytes() == before


@pytest.mark.parametrize(
    "statement", ["PRAGMA application_id = 7", "CREATE VIEW more AS SELECT 1", "DROP TABLE things"]
)
def test_a_file_with_something_else_in_it_is_foreign(tmp_path: Path, statement: str) -> None:
    with closing(connect(tmp_path / "t.db", THINGS)) as db:
        db.execute(statement)
    with pytest.raises(ForeignFileError):
        connect(tmp_path / "t.db", THINGS)


def test_a_database_of_somebody_else_is_foreign_and_stays_as_it_is(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "t.db")) as db:
        db.execute("CREATE TABLE diary (day TEXT)")
    with pytest.raises(ForeignFileError):
        connect(tmp_path / "t.db", THINGS)
    with closing(sqlite3.connect(tmp_path / "t.db")) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("diary",)]
