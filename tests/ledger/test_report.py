"""Reading the ledger: sums, the last calls, budgets, and what cannot be read."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from ledger.support import a_call

from claif.api import ConfigurationError, Usage
from claif.costs.budget import Limit
from claif.database.file import connect
from claif.ledger.call import DONE, PENDING, Hold
from claif.ledger.owner import Owner
from claif.ledger.report import open_report
from claif.ledger.tables import LEDGER
from claif.ledger.work import _PUT, Begin, begin, row_of

NOON = 1_795_780_800.0
DAY = 86_400.0


def put(
    home: Path, *, now: float = NOON, cost: float | None = 0.5, state: int = DONE, owner: str = "o", **fields: Any
) -> None:
    call = a_call(now=now)
    for name, value in fields.items():
        setattr(call, name, value)
    call.holds.append(Hold(1, "p", "2026-11-27", cost=cost, ended=True))
    with closing(connect(home / "ledger.db", LEDGER)) as db:
        db.execute(_PUT, (*row_of(call), owner, state))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    put(tmp_path, now=NOON - DAY, provider="a", model="x", tag="t", usage=Usage(10, 20, 5))
    put(tmp_path, provider="b", model="y", route="r", usage=Usage(1, 2), cost=2.0)
    put(tmp_path, provider="a", model="y", error="TimeoutError", cost=None)
    put(tmp_path, provider="a", model="x", tag="t", cached=True, cost=0.0)
    return tmp_path


def sums(home: Path, by: str | None, since: float = 0.0, until: float = NOON + 1) -> list[tuple[Any, ...]]:
    with open_report(home) as report:
        assert report is not None
        found = report.sums(by, since, until)
    return [
        (one.name, one.calls, one.errors, one.cached, one.input_tokens, one.output_tokens, one.cost, one.unknown)
        for one in found
    ]


def test_sums_by_day_are_in_the_order_of_time(home: Path) -> None:
    assert sums(home, "day") == [
        ("2026-11-26", 1, 0, 0, 10, 20, 0.5, 0),
        ("2026-11-27", 3, 1, 1, 1, 2, 2.0, 1),
    ]


@pytest.mark.parametrize(
    ("by", "names"),
    [("provider", ["b", "a"]), ("model", ["y", "x"]), ("route", ["r", None]), ("tag", [None, "t"])],
)
def test_other_sums_have_the_dearest_first(home: Path, by: str, names: list[str | None]) -> None:
    assert [row[0] for row in sums(home, by)] == names


def test_the_sum_of_all_is_that_of_the_parts(home: Path) -> None:
    assert sums(home, None) == [(None, 4, 1, 1, 11, 22, 2.5, 1)]
    with open_report(home) as report:
        assert report.sums(None, 0, NOON + 1)[0].cached_tokens == 5


def test_only_calls_of_the_time_are_counted(home: Path) -> None:
    assert [row[:2] for row in sums(home, "day", since=NOON)] == [("2026-11-27", 3)]
    assert [row[:2] for row in sums(home, "day", until=NOON)] == [("2026-11-26", 1)]
    assert sums(home, "day", since=NOON + 1, until=NOON + 2) == []


def test_the_last_calls_come_with_the_latest_first(home: Path) -> None:
    with open_report(home) as report:
        found = report.calls(2, 0, NOON + 1)
        assert len(report.calls(99, 0, NOON + 1)) == 4
        assert len(report.calls(99, NOON, NOON + 1)) == 3
    assert len(found) == 2
    assert all(call["time"] == NOON for call in found)
    assert {call["state"] for call in found} == {"done"}
    assert "owner" not in found[0]


def test_a_pending_call_runs_or_was_cut_off(home: Path) -> None:
    owner = Owner(home)
    owner.enter()
    put(home, now=NOON + 1, state=PENDING, owner=owner.id, cost=None)
    put(home, now=NOON + 2, state=PENDING, owner="gone", cost=None)
    with open_report(home) as report:
        assert [call["state"] for call in report.calls(2, 0, NOON + 9)] == ["interrupted", "running"]
    assert sums(home, None, since=NOON + 1, until=NOON + 9) == [(None, 2, 1, 0, 0, 0, 0.0, 2)]
    owner.leave()
    with open_report(home) as report:
        assert [call["state"] for call in report.calls(2, 0, NOON + 9)] == ["interrupted", "interrupted"]


def test_what_is_held_counts_as_spent(home: Path) -> None:
    limits = (Limit("all", "", "query", 1.0), Limit("all", "", "day", 5.0), Limit("tag", "t", "month", 9.0))
    with closing(connect(home / "ledger.db", LEDGER)) as db:
        db.execute("INSERT INTO spending VALUES ('2026-11-27', 'a', '', 't', 1.5)")
        db.execute("INSERT INTO spending VALUES ('2026-11-01', 'a', '', 't', 2.0)")
        db.execute("INSERT INTO spending VALUES ('2026-10-31', 'a', '', 't', 4.0)")
        call = a_call("a", now=NOON)
        begin(db, Begin(row_of(call), 1, "a", NOON, (), limits[:2], 0.25, 0.0), "gone")
    with open_report(home) as report:
        found = [(one.limit.period, one.dollars) for one in report.spent(limits, NOON)]
    assert found == [("day", 1.75), ("month", 3.5)]


def test_without_a_file_there_is_no_report_and_none_is_made(tmp_path: Path) -> None:
    with open_report(tmp_path) as report:
        assert report is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda path: path.write_bytes(b"x" * 9000), "is damaged"),
        (lambda path: path.unlink() or path.mkdir(), "cannot be read: .*not a regular file"),
        (
            lambda path: (
                sqlite3.connect(path).execute(f"PRAGMA user_version = {LEDGER.version + 1}").connection.close()
            ),
            "newer version",
        ),
    ],
    ids=["damaged", "folder", "newer"],
)
def test_a_file_that_cannot_be_read_is_said_so_and_left_alone(home: Path, spoil: Any, message: str) -> None:
    path = home / "ledger.db"
    spoil(path)
    with pytest.raises(ConfigurationError, match=message), open_report(home):
        pass
    assert path.exists()
    assert not list(home.glob("*damaged*"))


def test_sums_of_a_hundred_thousand_calls_take_less_than_a_second(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "ledger.db", LEDGER)) as db:
        db.execute("BEGIN")
        for number in range(100_000):
            call = a_call(f"p{number % 5}", now=NOON - number)
            db.execute(_PUT, (*row_of(call), "o", DONE))
        db.execute("COMMIT")
    began = time.process_time()
    assert len(sums(tmp_path, "provider")) == 5
    assert len(sums(tmp_path, "day")) >= 2
    assert time.process_time() - began < 2
