"""The ledger: calls are durable when they are acknowledged, in one transaction with others, and never fail a query."""
# ruff: noqa: ASYNC240 - a test may wait for its own small files

from __future__ import annotations

import os
import sqlite3
import stat
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
import trio
from ledger.support import a_call, a_hold, one, rows, whole
from patience import until

from claif.costs.budget import Limit
from claif.database.file import connect
from claif.ledger import ledger as ledger_module
from claif.ledger.ledger import KEEP, Ledger
from claif.ledger.tables import APPLICATION, LEDGER
from claif.ledger.writer import Job

DAY = Limit("all", "", "day", 1.0)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture(autouse=True)
def all_that_is_to_be_written_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the disk is, also what is done after the last call was acknowledged."""
    monkeypatch.setattr(ledger_module, "CLOSE_TIMEOUT", 20)


async def test_a_call_is_pending_before_it_is_asked_and_done_when_it_has_ended(home: Path) -> None:
    ledger = Ledger(home, keep=KEEP)
    call, hold = a_call(), a_hold()
    await ledger.begin(call, hold, (), None)
    assert [row[:2] for row in rows(home)] == [(call.id, 0)]
    hold.cost, hold.ended = 0.25, True
    await ledger.end(call, ())
    assert rows(home) == [(call.id, 1, "p", 0.25, 1, None)]
    await ledger.aclose()


async def test_all_that_is_known_of_a_call_is_in_its_row_and_nothing_else(home: Path) -> None:
    from claif.api import Usage

    ledger = Ledger(home, keep=KEEP)
    call = a_call(tag="t")
    call.route, call.usage, call.first, call.error = "r", Usage(1, 2, 3, 4, 5.0), 0.1, "TimeoutError"
    await whole(ledger, call)
    await ledger.aclose()
    with closing(sqlite3.connect(home / "ledger.db")) as db:
        db.row_factory = sqlite3.Row
        row = dict(db.execute("SELECT * FROM calls").fetchone())
    del row["owner"]
    assert row == {
        "id": call.id,
        "state": 1,
        "time": call.time,
        "provider": "p",
        "model": "m",
        "route": "r",
        "tag": "t",
        "input_tokens": 1,
        "output_tokens": 2,
        "cached_tokens": 3,
        "reasoning_tokens": 4,
        "cost": 0.01,
        "cost_known": 1,
        "reserved": 0.0,
        "latency": 0.5,
        "first": 0.1,
        "attempts": 1,
        "error": "TimeoutError",
        "cached": 0,
    }


async def test_ids_sort_by_time_and_have_the_query_in_them(home: Path) -> None:
    early, late = a_call(now=1000.0), a_call(now=1000.001)
    assert early.id < late.id
    assert len(early.id) == len(late.id) == 32
    ids = {a_call(now=1000.0).id for _ in range(1000)}
    assert len(ids) == 1000


async def test_the_file_is_private_and_marked(home: Path) -> None:
    ledger = Ledger(home, keep=KEEP)
    await whole(ledger)
    for path in home.glob("ledger.db*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert (one(home, "PRAGMA application_id"), one(home, "PRAGMA user_version")) == (APPLICATION, LEDGER.version)
    assert one(home, "PRAGMA journal_mode") == "wal"
    await ledger.aclose()


async def test_connections_trust_no_schema_and_do_not_wait_for_the_disk(home: Path) -> None:
    with closing(connect(home / "ledger.db", LEDGER)) as db:
        assert db.execute("PRAGMA trusted_schema").fetchone() == (0,)
        assert db.execute("PRAGMA synchronous").fetchone() == (1,)
        assert db.execute("PRAGMA busy_timeout").fetchone() == (5000,)


async def test_calls_at_the_same_time_share_transactions(home: Path) -> None:
    ledger = Ledger(home, keep=KEEP)
    await whole(ledger)
    transactions = []
    run = ledger._writer._run

    def counted(jobs: Sequence[Job]) -> None:
        transactions.append(len(jobs))
        run(jobs)

    ledger._writer._run = counted
    async with trio.open_nursery() as nursery:
        for _ in range(200):
            nursery.start_soon(whole, ledger)
    assert sum(transactions) == 400
    assert len(transactions) < 100, "each had one of its own"
    assert one(home, "SELECT count(*) FROM calls WHERE state = 1") == 201
    await ledger.aclose()


async def test_a_cancelled_beginning_leaves_no_reservation_once_the_call_has_ended(home: Path) -> None:
    ledger = Ledger(home, keep=KEEP)
    call, hold = a_call(), a_hold()
    with trio.CancelScope() as scope:
        scope.cancel()
        await ledger.begin(call, hold, (DAY,), 0.5)
    assert scope.cancelled_caught
    hold.cost, hold.ended = 0.0, True
    await ledger.end(call, (DAY,))
    assert one(home, "SELECT count(*) FROM reservations") == 0
    assert rows(home) == [(call.id, 1, "p", 0.0, 1, None)]
    await ledger.aclose()


async def test_what_an_attempt_holds_is_given_back_for_what_it_cost(home: Path) -> None:
    ledger = Ledger(home, keep=KEEP)
    call, first = a_call(), a_hold()
    assert (await ledger.begin(call, first, (DAY,), 0.6)).left == pytest.approx(1.0)
    assert one(home, "SELECT sum(dollars) FROM reservations") == 0.6
    other = a_call()
    refused = await ledger.begin(other, a_hold(), (DAY,), 0.6)
    assert (refused.refused, refused.spent) == (DAY, pytest.approx(0.6))
    assert other.holds == []
    first.cost, first.ended = 0.0, True
    second = a_hold(2)
    assert (await ledger.begin(call, second, (DAY,), 0.9)).refused is None, "the first attempt cost nothing"
    second.cost, second.ended = 0.3, True
    await ledger.end(call, (DAY,))
    assert one(home, "SELECT count(*) FROM reservations") == 0
    assert one(home, "SELECT sum(dollars) FROM spending") == pytest.approx(0.3)
    assert one(home, f"SELECT reserved FROM calls WHERE id = '{call.id}'") == pytest.approx(1.5)
    await ledger.aclose()


async def test_an_attempt_that_goes_on_after_its_call_keeps_what_it_holds_until_it_ends(home: Path) -> None:
    ledger = Ledger(home, keep=KEEP)
    call, hold = a_call(), a_hold()
    await ledger.begin(call, hold, (DAY,), 0.5)
    call.error = "Cancelled"
    await ledger.end(call, (DAY,))
    assert one(home, "SELECT sum(dollars) FROM reservations") == 0.5
    hold.cost, hold.ended = 0.2, True
    again = a_hold(2)
    await ledger.begin(call, again, (DAY,), 0.1)
    assert rows(home)[0][1] == 1, "it is not pending again"
    again.cost, again.ended = 0.1, True
    await ledger.end(call, (DAY,))
    assert one(home, "SELECT count(*) FROM reservations") == 0
    assert one(home, "SELECT sum(dollars) FROM spending") == pytest.approx(0.3)
    assert rows(home) == [(call.id, 1, "p", pytest.approx(0.3), 1, "Cancelled")]
    await ledger.aclose()


async def test_the_user_is_told_once_that_a_budget_is_nearly_spent(home: Path) -> None:
    told = []
    for _ in range(2):  # also by another client
        ledger = Ledger(home, keep=KEEP, share=0.5)
        for _ in range(2):
            call, hold = a_call(), a_hold()
            await ledger.begin(call, hold, (DAY,), 0.2)
            hold.cost, hold.ended = 0.2, True
            told.append(await ledger.end(call, (DAY,)))
        await ledger.aclose()
    assert told == [(), (), ((DAY, pytest.approx(0.6)),), ()]


async def test_calls_are_forgotten_when_they_are_old(home: Path) -> None:
    now = [time.time()]
    ledger = Ledger(home, keep=86_400.0, clock=lambda: now[0])
    for age in (2, 0.5):
        await whole(ledger, a_call(now=now[0] - age * 86_400))
    await ledger.aclose()
    ledger = Ledger(home, keep=86_400.0, clock=lambda: now[0])
    await whole(ledger, a_call(now=now[0]))
    await ledger.aclose()
    assert len(rows(home)) == 2


def test_calls_are_kept_as_long_as_the_configuration_says_by_default() -> None:
    from claif.config.cost_schema import LedgerSettings

    assert LedgerSettings().seconds == KEEP


async def test_a_client_in_memory_writes_no_file_and_starts_no_thread(home: Path) -> None:
    before = threading.active_count()
    ledger = Ledger(None, keep=KEEP)
    call, hold = a_call(), a_hold()
    await ledger.begin(call, hold, (DAY,), 0.6)
    assert (await ledger.begin(a_call(), a_hold(), (DAY,), 0.6)).refused == DAY
    hold.cost, hold.ended = 0.1, True
    await ledger.end(call, (DAY,))
    assert (await ledger.begin(a_call(), a_hold(), (DAY,), 0.6)).refused is None
    assert threading.active_count() == before
    assert not home.exists()
    await ledger.aclose()


@pytest.mark.parametrize("kind", ["home is a file", "ledger is a folder", "ledger is a link", "owners is a file"])
async def test_a_ledger_that_cannot_be_written_fails_nothing_and_is_told_once(home: Path, kind: str) -> None:
    if kind == "home is a file":
        home.write_text("")
    else:
        home.mkdir()
        if kind == "ledger is a folder":
            (home / "ledger.db").mkdir()
        elif kind == "ledger is a link":
            (home / "ledger.db").symlink_to(home / "elsewhere")
        else:
            (home / "ledger-owners").write_text("")
    ledger = Ledger(home, keep=KEEP)
    for _ in range(3):
        await whole(ledger)
    (complaint,) = ledger.complaints()
    assert complaint.startswith(f"Calls are not written down: the ledger {home / 'ledger.db'} cannot be written (")
    assert ledger.complaints() == []
    # Budgets hold for what this client does.
    call, hold = a_call(), a_hold()
    assert (await ledger.begin(call, hold, (DAY,), 0.6)).refused is None
    assert (await ledger.begin(a_call(), a_hold(), (DAY,), 0.6)).refused == DAY
    await ledger.aclose()
    assert not (home / "elsewhere").exists()


async def test_a_ledger_that_becomes_unwritable_is_told_and_fails_nothing(home: Path) -> None:
    ledger = Ledger(home, keep=KEEP)
    call = await whole(ledger)
    db = ledger._writer._db
    db.execute("PRAGMA query_only = ON")  # as a disk that is full
    await whole(ledger)
    (complaint,) = ledger.complaints()
    assert "cannot be written" in complaint
    await ledger.aclose()
    assert [row[0] for row in rows(home)] == [call.id]


async def test_who_waits_too_long_for_the_ledger_goes_on(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(home, keep=KEEP)
    await whole(ledger)
    monkeypatch.setattr(ledger_module, "WAIT", 0.05)
    with closing(sqlite3.connect(home / "ledger.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        call, hold = a_call(), a_hold()
        assert (await ledger.begin(call, hold, (), None)).refused is None
        other.execute("COMMIT")
    (complaint,) = ledger.complaints()
    assert "did not answer within 0.05 s" in complaint
    monkeypatch.setattr(ledger_module, "WAIT", 20)
    hold.ended = True
    await ledger.end(call, ())
    await ledger.aclose()
    assert len(rows(home)) == 2


@pytest.mark.parametrize(
    "content", [b"not a database at all" * 100, b"SQLite format 3\0" + os.urandom(4096)], ids=["text", "torn"]
)
async def test_attack_53_a_damaged_file_is_set_aside_and_kept(home: Path, content: bytes) -> None:
    home.mkdir(mode=0o700)
    (home / "ledger.db").write_bytes(content)
    ledger = Ledger(home, keep=KEEP)
    call = await whole(ledger)
    (complaint,) = ledger.complaints()
    (aside,) = home.glob("ledger.db.damaged-????????-??????-????")
    assert complaint == f"The ledger was damaged. It is kept as {aside}, and a new one was begun."
    assert aside.read_bytes() == content
    assert rows(home)[0][0] == call.id
    await ledger.aclose()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER evil AFTER INSERT ON calls BEGIN DELETE FROM calls; END",
        "CREATE VIEW evil AS SELECT * FROM calls",
        "DROP INDEX calls_pending",
        "ALTER TABLE calls ADD COLUMN more TEXT",
        "PRAGMA application_id = 7",
    ],
)
async def test_attack_53_a_file_that_was_tampered_with_is_not_used(home: Path, statement: str) -> None:
    ledger = Ledger(home, keep=KEEP)
    await whole(ledger)
    await ledger.aclose()
    with closing(sqlite3.connect(home / "ledger.db")) as db:
        db.execute(statement)
    ledger = Ledger(home, keep=KEEP)
    call = await whole(ledger)
    assert "damaged" in ledger.complaints()[0]
    assert [row[0] for row in rows(home)] == [call.id]
    assert len(list(home.glob("ledger.db.damaged-*"))) >= 1
    await ledger.aclose()


async def test_a_file_that_is_damaged_while_it_is_used_is_set_aside_and_the_work_done_again(home: Path) -> None:
    ledger = Ledger(home, keep=KEEP)
    for _ in range(50):
        await whole(ledger)
    thread = ledger._writer._thread
    await ledger.aclose()
    await until(lambda: not thread.is_alive())  # it closes the file
    size = (home / "ledger.db").stat().st_size
    with (home / "ledger.db").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    ledger = Ledger(home, keep=KEEP)
    call = await whole(ledger)
    assert "damaged" in ledger.complaints()[0]
    assert call.id in [row[0] for row in rows(home)]
    assert one(home, "PRAGMA integrity_check") == "ok"
    await ledger.aclose()


async def test_the_file_of_a_newer_version_is_left_alone(home: Path) -> None:
    with closing(connect(home / "ledger.db", LEDGER)) as db:
        db.execute(f"PRAGMA user_version = {LEDGER.version + 1}")
    before = (home / "ledger.db").read_bytes()
    ledger = Ledger(home, keep=KEEP)
    await whole(ledger)
    assert ledger.complaints() == [
        f"Calls are not written down: the ledger {home / 'ledger.db'} was written by a newer version of Claif."
    ]
    await ledger.aclose()
    assert (home / "ledger.db").read_bytes() == before


async def test_a_file_that_others_can_read_is_made_private(home: Path) -> None:
    connect(home / "ledger.db", LEDGER).close()
    (home / "ledger.db").chmod(0o644)
    ledger = Ledger(home, keep=KEEP)
    await whole(ledger)
    assert stat.S_IMODE((home / "ledger.db").stat().st_mode) == 0o600
    await ledger.aclose()
