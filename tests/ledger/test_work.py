"""Work on the tables of the ledger: what is forgotten, what the dead left, and what of budgets is told."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from ledger.support import a_call, a_hold, rows, whole

from claif.costs.budget import Limit
from claif.database.file import connect
from claif.ledger.call import id_of
from claif.ledger.ledger import KEEP, Ledger
from claif.ledger.tables import LEDGER
from claif.ledger.work import prune

DAY = Limit("all", "", "day", 1.0)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


async def test_a_client_that_begins_marks_what_the_dead_left_and_takes_their_old_files_away(home: Path) -> None:
    ledger = Ledger(home, keep=KEEP)
    await whole(ledger)
    call = a_call()
    await ledger.begin(call, a_hold(), (), None)
    owner = ledger._owner
    owner._lock.release()  # as the system does when a process is killed
    os.utime(home / "ledger-owners" / owner.id, (0, 0))
    other = Ledger(home, keep=KEEP)
    await whole(other)
    await other.aclose()
    await ledger.aclose()
    assert [row[0] for row in rows(home) if row[1] == 2] == [call.id]
    assert [row[1] for row in rows(home)].count(1) == 2
    assert os.listdir(home / "ledger-owners") == []


def test_what_was_spent_is_forgotten_when_no_month_that_runs_needs_it(home: Path) -> None:
    now = 1_795_780_800.0  # 2026-11-27
    with closing(connect(home / "ledger.db", LEDGER)) as db:
        for table, row in (
            ("spending", "(:day, 'p', '', '', 1)"),
            ("reservations", "('c' || :day, 1, :day, 'p', '', '', 1)"),
            ("told", "('k' || :day, :day)"),
        ):
            for day in ("2026-09-25", "2026-09-26", "2026-11-01"):
                db.execute(f"INSERT INTO {table} VALUES {row}", {"day": day})
        prune(db, now, 86_400.0)
        for table in ("spending", "reservations", "told"):
            assert [day for (day,) in db.execute(f"SELECT day FROM {table} ORDER BY day")] == [
                "2026-09-26",
                "2026-11-01",
            ]
        prune(db, now, 100 * 86_400.0)
        assert db.execute("SELECT count(*) FROM spending").fetchone() == (2,)


@pytest.mark.parametrize(("now", "prefix"), [(0.0, "000000000000"), (-5.0, "000000000000"), (1.5, "0000000005dc")])
def test_an_id_begins_with_milliseconds(now: float, prefix: str) -> None:
    assert id_of(now) == prefix


async def test_the_limit_of_a_query_does_not_hide_those_behind_it(home: Path) -> None:
    ledger = Ledger(home, keep=KEEP, share=0.5)
    call, hold, limits = a_call(), a_hold(), (Limit("all", "", "query", 9.0), DAY)
    await ledger.begin(call, hold, limits, 0.6)
    hold.cost, hold.ended = 0.6, True
    assert await ledger.end(call, limits) == ((DAY, pytest.approx(0.6)),)
    with closing(sqlite3.connect(home / "ledger.db")) as db:
        assert db.execute("SELECT provider, route, tag, dollars FROM spending").fetchall() == [("p", "", "", 0.6)]
    await ledger.aclose()
