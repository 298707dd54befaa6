"""Files: private, and set aside only by those who saw that very file damaged."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import pytest

from claif.database.file import connect, in_memory, inode, is_damage, set_aside
from claif.database.schema import ForeignFileError, NewerFileError, Schema

THINGS = Schema(0x54484E47, 1, ("CREATE TABLE things (name TEXT)",))


@pytest.mark.skipif(os.name == "nt", reason="a file's mode is POSIX's")
def test_nobody_else_may_read_a_file_even_one_that_was_open_to_all(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "t.db"
    connect(path, THINGS).close()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.chmod(0o644)
    connect(path, THINGS).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_making_a_file_leaves_nothing_else_behind(tmp_path: Path) -> None:
    connect(tmp_path / "t.db", THINGS).close()
    assert [one.name for one in tmp_path.iterdir()] == ["t.db"]


def test_only_the_file_that_was_found_damaged_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    path.write_bytes(b"damaged")
    damaged = inode(path)
    path.with_name("t.db-wal").write_bytes(b"its log")
    path.with_name("t.db-shm").write_bytes(b"its index")
    assert set_aside(path, None) is None
    assert path.exists()
    aside = set_aside(path, damaged)
    assert aside is not None
    assert aside.read_bytes() == b"damaged"
    assert aside.with_name(f"{aside.name}-wal").read_bytes() == b"its log"
    assert not path.with_name("t.db-shm").exists()
    assert set_aside(path, damaged) is None  # another process was quicker


def test_a_new_file_gets_nothing_of_the_one_that_is_just_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process wants one when the damaged file has its other name already, and its log has not."""
    path = tmp_path / "t.db"
    path.write_bytes(b"damaged")
    path.with_name("t.db-wal").write_bytes(b"its log")
    rename = Path.rename
    another = threading.Thread(target=lambda: connect(path, THINGS).close())

    def renamed(old: Path, new: Path) -> Path:
        found = rename(old, new)
        if old == path:
            another.start()
            another.join(0.3)  # it has time to do harm
        return found

    monkeypatch.setattr(Path, "rename", renamed)
    aside = set_aside(path, inode(path))
    another.join()
    assert aside is not None
    assert aside.with_name(f"{aside.name}-wal").read_bytes() == b"its log"
    assert path.exists()


@pytest.mark.parametrize(
    ("error", "damaged"),
    [
        (ForeignFileError(), True),
        (NewerFileError(), False),
        (sqlite3.OperationalError("no code"), False),
        (OSError("no disk"), False),
    ],
)
def test_what_tells_that_a_file_is_damaged(error: Exception, damaged: bool) -> None:
    assert is_damage(error) is damaged


def test_a_database_in_memory_has_the_same_tables() -> None:
    db = in_memory(THINGS)
    assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("things",)]
    db.close()
