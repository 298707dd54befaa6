"""The store in a file: many processes, kills, damage, strangers' files, full disks, and a bound on its size."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
import trio

from claif.cache.rows_table import ROW_COST
from claif.cache.sqlite import SqliteStore
from claif.cache.store import Labels, Selection
from claif.errors import ConfigurationError, ProviderRuntimeError

HERE = Path(__file__).parent
KEY, OTHER = "a" * 64, "b" * 64


def labels(created: float | None = None, seconds: float = 1000.0, **names: str) -> Labels:
    created = time.time() if created is None else created
    return Labels(names.get("provider", "p"), names.get("model", "m"), names.get("tag", ""), created, created + seconds)


@asynccontextmanager
async def opened(path: Path, max_size: int = 10**9) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(path, max_size)
    try:
        yield store
    finally:
        with trio.CancelScope(shield=True):
            await store.aclose()


def key(number: int) -> str:
    return f"{number:064x}"


async def test_what_was_put_is_there_for_the_next_one(tmp_path: Path) -> None:
    async with opened(tmp_path / "c.db") as store:
        await store.put(KEY, b"row", labels())
        assert await store.get(KEY) == b"row"
        assert await store.get(OTHER) is None
    async with opened(tmp_path / "c.db") as store:
        assert await store.get(KEY) == b"row"
        stats = await store.stats()
        assert (stats.rows, stats.size, stats.place) == (1, 3 + ROW_COST, str(tmp_path / "c.db"))


async def test_to_look_for_a_row_that_is_there_takes_nothing_that_could_be_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a hit waits for nobody who writes, and a file that one may only read gives its rows."""
    async with opened(tmp_path / "c.db") as store:
        await store.put(KEY, b"row", labels())

    def locker(_store: SqliteStore) -> sqlite3.Connection:
        raise AssertionError("the file was opened for writing")

    monkeypatch.setattr(SqliteStore, "_locker", locker)
    async with opened(tmp_path / "c.db") as store:
        assert await store.look(KEY, "me", 10) == (b"row", False)


async def test_the_file_is_the_users_alone_though_the_umask_is_not(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        async with opened(tmp_path / "home" / "c.db") as store:
            await store.put(KEY, b"row", labels())
            modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "home").iterdir()}
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(("c.db", "c.db-wal", "c.db-shm"), 0o600)


async def test_rows_that_are_put_together_share_a_transaction(tmp_path: Path) -> None:
    """A hundred at once cost a few transactions, and each is on the disk when its `put` returns."""
    async with opened(tmp_path / "c.db") as store:
        await store.put(key(1000), b"row", labels())
        begun: list[str] = []
        store._writer().set_trace_callback(begun.append)
        async with trio.open_nursery() as nursery:
            for number in range(100):
                nursery.start_soon(store.put, key(number), b"row", labels())
        assert 1 <= sum(sql == "COMMIT" for sql in begun) <= 3
        assert len(await store.rows(limit=None)) == 101


async def test_the_rows_of_others_are_written_though_one_is_cancelled(tmp_path: Path) -> None:
    async with opened(tmp_path / "c.db") as store:
        await store.put(OTHER, b"row", labels())
        async with trio.open_nursery() as nursery:
            scope = trio.CancelScope()

            async def cancelled() -> None:
                with scope:
                    await store.put(key(0), b"row", labels())

            nursery.start_soon(cancelled)
            for number in range(1, 20):
                nursery.start_soon(store.put, key(number), b"row", labels())
            await trio.lowlevel.checkpoint()
            scope.cancel()
        found = {info.key for info in await store.rows(limit=None)}
        assert {key(number) for number in range(1, 20)} <= found


async def test_whoever_is_given_up_while_reading_harms_nobody(tmp_path: Path) -> None:
    async with opened(tmp_path / "c.db") as store:
        await store.put(KEY, b"row", labels())
        for _ in range(50):
            with trio.move_on_after(0):
                await store.get(KEY)
        assert await store.get(KEY) == b"row"


async def test_what_was_not_used_for_the_longest_time_makes_room(tmp_path: Path) -> None:
    async with opened(tmp_path / "c.db", 10 * (ROW_COST + 100)) as store:
        for number in range(10):
            await store.put(key(number), b"x" * 100, labels())
            await trio.sleep(0.002)
        assert await store.get(key(0)) is not None
        await store.put(key(10), b"x" * 100, labels())  # notes that 0 was used, and has no room
        await store.put(key(11), b"x" * 100, labels())
        left = {info.key for info in await store.rows(limit=None)}
        assert key(0) in left
        assert not {key(1), key(2)} & left
        assert (await store.stats()).size == sum(info.size + ROW_COST for info in await store.rows(limit=None))


async def test_rows_whose_time_has_passed_make_room_first(tmp_path: Path) -> None:
    async with opened(tmp_path / "c.db", 3 * (ROW_COST + 100)) as store:
        await store.put(key(0), b"x" * 100, labels())
        await store.put(key(1), b"x" * 100, labels(seconds=0.01))
        await store.put(key(2), b"x" * 100, labels())
        await trio.sleep(0.02)
        await store.put(key(3), b"x" * 100, labels())
        assert {info.key for info in await store.rows(limit=None)} == {key(0), key(2), key(3)}


async def test_a_row_that_is_larger_than_all_may_be_is_not_kept(tmp_path: Path) -> None:
    async with opened(tmp_path / "c.db", 1000) as store:
        await store.put(KEY, b"x" * 1000, labels())
        assert await store.get(KEY) is None
        assert (await store.stats()).rows == 0


async def test_two_hundred_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    done = subprocess.run(  # noqa: ASYNC221 - nothing else runs meanwhile
        [sys.executable, str(HERE / "killed.py"), str(tmp_path / "c.db"), "200"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    result = json.loads(done.stdout)
    assert (result["rounds"], result["lost"], result["integrity"], result["totals_hold"]) == (200, 0, "ok", True)
    assert result["acknowledged"] > 1000, "it was under load"


WRITER = """
import sys, time, trio
from pathlib import Path
from claif.cache.sqlite import SqliteStore
from claif.cache.store import Labels

async def main(path, who):
    store = SqliteStore(Path(path), 10**9)
    async def task(number):
        for count in range(50):
            key = f"{who:016x}{number:016x}{count:032x}"
            now = time.time()
            await store.put(key, key.encode(), Labels("p", "m", "", now, now + 1000))
            assert await store.get(key) == key.encode()
    async with trio.open_nursery() as nursery:
        for number in range(4):
            nursery.start_soon(task, number)
    await store.aclose()

trio.run(main, sys.argv[1], int(sys.argv[2]))
"""


async def test_four_processes_with_four_tasks_each_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    async with trio.open_nursery() as nursery:
        for who in range(4):
            nursery.start_soon(trio.run_process, [sys.executable, "-c", WRITER, str(path), str(who)])
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT rows FROM totals").fetchone() == (800,)
        assert connection.execute("SELECT count(*) FROM rows WHERE CAST(row AS TEXT) = key").fetchone() == (800,)


OPENER = """
import sys, time
from pathlib import Path
from claif.cache.tables import CACHE
from claif.database.file import connect

began = float(sys.argv[2])
for number in range(20):
    while time.time() < began + number / 20:
        pass
    connect(Path(sys.argv[1]) / f"{number}.db", CACHE).close()
"""


async def test_processes_that_make_the_file_at_the_same_moment_do_not_disturb_each_other(tmp_path: Path) -> None:
    began = str(time.time() + 1.0)
    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(trio.run_process, [sys.executable, "-c", OPENER, str(tmp_path), began])
    assert not list(tmp_path.glob("*damaged*"))  # noqa: ASYNC240 - a moment
    assert len(list(tmp_path.glob("*.db"))) == 20  # noqa: ASYNC240 - a moment


async def test_a_damaged_file_is_set_aside_and_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    path.write_bytes(b"this is no database, though it is longer than a header" * 100)
    async with opened(path) as store:
        await store.put(KEY, b"row", labels())
        assert await store.get(KEY) == b"row"
    [kept] = tmp_path.glob("c.db.damaged-*")  # noqa: ASYNC240 - a moment
    assert kept.read_bytes().startswith(b"this is no database")


async def test_a_file_that_is_damaged_while_it_is_used_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    async with opened(path) as store:
        for number in range(200):
            await store.put(key(number), b"x" * 1000, labels())
    data = bytearray(path.read_bytes())
    for at in range(8192, len(data), 4096):
        data[at : at + 4096] = os.urandom(min(4096, len(data) - at))
    path.write_bytes(data)
    async with opened(path) as store:
        with pytest.raises(ProviderRuntimeError, match="was damaged"):
            for number in range(200):
                await store.get(key(number))
        await store.put(KEY, b"row", labels())
        assert await store.get(KEY) == b"row"
        assert (await store.stats()).rows == 1
    assert len(list(tmp_path.glob("c.db.damaged-*"))) >= 1  # noqa: ASYNC240 - a moment


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TRIGGER evil AFTER INSERT ON rows BEGIN UPDATE rows SET row = 'evil'; END",
        "CREATE VIEW evil AS SELECT * FROM rows",
        "CREATE TABLE evil (a)",
        "ALTER TABLE rows ADD COLUMN evil TEXT",
        "DROP INDEX rows_used",
    ],
)
async def test_attack_53_a_file_with_something_else_in_it_is_not_used(tmp_path: Path, sql: str) -> None:
    path = tmp_path / "c.db"
    async with opened(path) as store:
        await store.put(KEY, b"row", labels())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(sql)
        connection.commit()
    async with opened(path) as store:
        assert await store.get(KEY) is None
        await store.put(KEY, b"new", labels())
        assert await store.get(KEY) == b"new"
    assert list(tmp_path.glob("c.db.damaged-*"))  # noqa: ASYNC240 - a moment


async def test_attack_53_what_stands_in_the_schema_is_not_trusted(tmp_path: Path) -> None:
    async with opened(tmp_path / "c.db") as store:
        await store.put(KEY, b"row", labels())
        for connection in (store._reader(), store._writer()):
            assert connection.execute("PRAGMA trusted_schema").fetchone() == (0,)
        assert store._reader().execute("PRAGMA query_only").fetchone() == (1,)


async def test_attack_12_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "c.db").symlink_to(victim)
    async with opened(tmp_path / "c.db") as store:
        with pytest.raises(ConfigurationError, match="not a regular file"):
            await store.put(KEY, b"row", labels())
    assert victim.read_text() == "precious"


async def test_a_folder_that_cannot_be_written_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with opened(tmp_path / "file" / "c.db") as store:
        with pytest.raises(ConfigurationError):
            await store.put(KEY, b"row", labels())


async def test_another_process_that_writes_long_is_waited_for_but_nobody_reads_later_for_it(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    async with opened(path) as store:
        await store.put(KEY, b"row", labels())
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            async with trio.open_nursery() as nursery:
                nursery.start_soon(store.put, OTHER, b"row", labels())
                await trio.sleep(0.1)
                assert await store.get(KEY) == b"row"
                assert await store.get(OTHER) is None
                other.execute("COMMIT")
        assert await store.get(OTHER) == b"row"


async def test_verify_finds_what_is_damaged_and_forgets_it(tmp_path: Path) -> None:
    async with opened(tmp_path / "c.db") as store:
        for number in range(5):
            await store.put(key(number), b"good" if number else b"bad", labels())
        assert await store.verify(lambda _key, row: row == b"good") == (4, 1)
        assert await store.get(key(0)) is None
        assert await store.clear(Selection(prefix=key(1))) == 1
