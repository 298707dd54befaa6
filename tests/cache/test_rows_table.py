"""What the SQLite store does in its file, beside a model that keeps everything in the order of its use."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from claif.cache import rows_table
from claif.cache.rows_table import ROW_COST
from claif.cache.store import Labels, Selection, Write
from claif.cache.tables import CACHE
from claif.database.file import in_memory

MAX = 4 * ROW_COST + 1000
KEYS = st.sampled_from([f"{number:064x}" for number in range(8)])
NAMES = st.sampled_from(["p", "q"])


def opened() -> sqlite3.Connection:
    return in_memory(CACHE)


class Model:
    """A row as the model knows it."""

    def __init__(self, write: Write, used: float, number: int) -> None:
        self.write, self.used, self.number = write, used, number

    @property
    def cost(self) -> int:
        return len(self.write.row) + ROW_COST


class Eviction(RuleBasedStateMachine):
    """Rows come, are used, grow old, make room and are forgotten; each moment is another one."""

    def __init__(self) -> None:
        super().__init__()
        self.connection = opened()
        self.now = 1000.0
        self.number = 0
        self.model: dict[str, Model] = {}
        self.used: set[str] = set()
        self.locks: dict[str, tuple[str, float]] = {}

    def teardown(self) -> None:
        self.connection.close()

    def write(self, writes: list[Write]) -> None:
        """Put rows, in the store and in the model."""
        self.now += 1
        rows_table.write(self.connection, writes, self.now, MAX, used=self.used)
        for key in self.used & self.model.keys():
            self.model[key].used = self.now
        self.used = set()
        for write in writes:
            self.number += 1
            row = Model(write, self.now, self.number)
            if row.cost <= MAX:
                self.model[write.key] = row
        for old in (True, False):
            rows = list(self.model.values())
            rows.sort(key=lambda row: (row.write.labels.expires if old else row.used, row.number))
            for row in rows:
                if self.size > MAX and (not old or row.write.labels.expires <= self.now):
                    del self.model[row.write.key]
        for write in writes:
            if write.lock is not None and self.locks.get(write.lock[0], ("", 0))[0] == write.lock[1]:
                del self.locks[write.lock[0]]

    @property
    def size(self) -> int:
        return sum(row.cost for row in self.model.values())

    @rule(key=KEYS, size=st.integers(0, 600), seconds=st.sampled_from([1.5, 10.0, 1000.0]), provider=NAMES, tag=NAMES)
    def put(self, key: str, size: int, seconds: float, provider: str, tag: str) -> None:
        labels = Labels(provider, "m", tag, self.now, self.now + seconds)
        self.write([Write(key, b"x" * size, labels)])

    @rule(first=KEYS, second=KEYS)
    def put_two_at_once(self, first: str, second: str) -> None:
        labels = Labels("p", "m", "", self.now, self.now + 50)
        self.write([Write(first, b"1", labels, (first, "me")), Write(second, b"2", labels)])

    @rule(key=KEYS)
    def put_one_that_is_too_large(self, key: str) -> None:
        self.write([Write(key, b"x" * MAX, Labels("p", "m", "", self.now, self.now + 50))])

    @rule(key=KEYS)
    def read(self, key: str) -> None:
        known = self.model.get(key)
        expected = None if known is None or known.write.labels.expires <= self.now else known.write.row
        assert rows_table.read(self.connection, key, self.now) == expected
        if expected is not None:
            self.used.add(key)

    @rule(provider=st.none() | NAMES, tag=st.none() | NAMES, prefix=st.sampled_from(["", "0" * 63, f"{3:064x}"]))
    def remove(self, provider: str | None, tag: str | None, prefix: str) -> None:
        selection = Selection(provider=provider, tag=tag, prefix=prefix, created_before=self.now - 3)
        gone = [key for key, row in self.model.items() if selection.takes(key, row.write.labels)]
        assert rows_table.remove(self.connection, selection) == len(gone)
        for key in gone:
            del self.model[key]

    @rule(key=KEYS, token=st.sampled_from(["me", "you"]))
    def lock(self, key: str, token: str) -> None:
        holder, until = self.locks.get(key, (token, 0.0))
        free = holder == token or until <= self.now
        assert rows_table.lock(self.connection, key, token, self.now, self.now + 5) is free
        if free:
            self.locks[key] = (token, self.now + 5)

    @rule(key=KEYS, token=st.sampled_from(["me", "you"]))
    def unlock(self, key: str, token: str) -> None:
        rows_table.unlock(self.connection, [(key, token)])
        if self.locks.get(key, ("", 0))[0] == token:
            del self.locks[key]

    @rule(seconds=st.sampled_from([0.5, 5.0, 50.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def the_same_rows_are_left_and_they_fit(self) -> None:
        listed = rows_table.listed(self.connection, Selection(), None)
        assert {info.key: (info.labels, info.size) for info in listed} == {
            key: (row.write.labels, len(row.write.row)) for key, row in self.model.items()
        }
        assert rows_table.totals(self.connection) == (len(self.model), self.size)
        assert self.size <= MAX

    @invariant()
    def the_newest_are_listed_first(self) -> None:
        listed = rows_table.listed(self.connection, Selection(), 3)
        newest = sorted(self.model.values(), key=lambda row: row.number, reverse=True)[:3]
        assert [info.key for info in listed] == [row.write.key for row in newest]


TestEviction = Eviction.TestCase
TestEviction.settings = settings(max_examples=220, stateful_step_count=50, deadline=None)


def test_what_fails_in_the_middle_is_undone() -> None:
    with closing(opened()) as connection:
        labels = Labels("p", "m", "", 0.0, 100.0)
        rows_table.write(connection, [Write("a", b"1", labels)], 1.0, 10**6)
        with pytest.raises(sqlite3.Error):
            writes = [Write("b", b"2", labels), Write(["c"], b"3", labels)]  # type: ignore[arg-type]  # no text
            rows_table.write(connection, writes, 1.0, 10**6)
        assert not connection.in_transaction
        assert rows_table.totals(connection) == (1, 1 + ROW_COST)
        assert rows_table.read(connection, "b", 1.0) is None


def test_a_row_ends_at_its_very_moment() -> None:
    with closing(opened()) as connection:
        rows_table.write(connection, [Write("a", b"1", Labels("p", "m", "", 0.0, 100.0))], 1.0, 10**6)
        assert rows_table.read(connection, "a", 99.9) == b"1"
        assert rows_table.read(connection, "a", 100.0) is None


def test_what_fits_exactly_is_kept_and_nothing_makes_room_for_nothing() -> None:
    labels = Labels("p", "m", "", 0.0, 100.0)
    with closing(opened()) as connection:
        size = ROW_COST + 10
        rows_table.write(connection, [Write("a", b"x" * 10, labels)], 1.0, size)
        assert rows_table.totals(connection) == (1, size)
        rows_table.write(connection, [Write("b", b"x" * 11, labels), Write("c", b"x" * 10, labels)], 2.0, size)
        assert [info.key for info in rows_table.listed(connection, Selection(), None)] == ["c"]
        rows_table.write(connection, [Write("d", b"x" * 10, labels)], 3.0, 2 * size)
        assert rows_table.totals(connection) == (2, 2 * size)
        old = Labels("p", "m", "", 0.0, 3.5)
        rows_table.write(connection, [Write("d", b"x" * 10, old)], 3.0, 2 * size)
        rows_table.write(connection, [Write("e", b"x" * 10, labels)], 4.0, 2 * size)
        assert {info.key for info in rows_table.listed(connection, Selection(), None)} == {"c", "e"}


def test_a_row_that_is_no_bytes_is_none() -> None:
    with closing(opened()) as connection:
        rows_table.write(connection, [Write("a", b"1", Labels("p", "m", "", 0.0, 100.0))], 1.0, 10**6)
        connection.execute("UPDATE rows SET row = 'text'")
        assert rows_table.read(connection, "a", 1.0) is None


def test_so_many_make_room_at_once_and_the_others_the_next_time() -> None:
    with closing(opened()) as connection:
        labels = Labels("p", "m", "", 0.0, 100.0)
        count = 2 * rows_table.MOST_EVICTED
        rows_table.write(connection, [Write(str(number), b"1", labels) for number in range(count)], 1.0, 10**9)
        rows_table.write(connection, [], 1.0, 1)
        assert rows_table.totals(connection)[0] == count - rows_table.MOST_EVICTED
        rows_table.write(connection, [], 1.0, 1)
        assert rows_table.totals(connection) == (0, 0)
