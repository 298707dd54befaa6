"""The store in memory, beside a model that keeps everything in the order of its use."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from claif.cache.memory import ROW_COST, MemoryStore, Rows
from claif.cache.store import Labels, Selection

MAX = 4 * ROW_COST + 1000
KEYS = st.sampled_from([f"{number:064x}" for number in range(8)])


def labels(now: float = 0.0, seconds: float = 100.0, *, provider: str = "p", tag: str = "") -> Labels:
    return Labels(provider, "m", tag, now, now + seconds)


class Eviction(RuleBasedStateMachine):
    """Rows come, are used, grow old and make room; the model knows which are left."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.rows = Rows(MAX)
        self.model: list[tuple[str, bytes, Labels]] = []

    def forget(self, key: str) -> None:
        self.model = [entry for entry in self.model if entry[0] != key]

    @rule(key=KEYS, size=st.integers(0, 600), seconds=st.sampled_from([1.0, 10.0, 1000.0]))
    def put(self, key: str, size: int, seconds: float) -> None:
        row = (labels(self.now, seconds),)
        self.rows.put(key, b"x" * size, *row)
        self.forget(key)
        self.model.append((key, b"x" * size, *row))
        while sum(len(data) + ROW_COST for _, data, _ in self.model) > MAX:
            self.model.pop(0)

    @rule(key=KEYS)
    def put_one_that_is_too_large(self, key: str) -> None:
        self.rows.put(key, b"x" * MAX, labels(self.now))
        self.forget(key)

    @rule(key=KEYS)
    def get(self, key: str) -> None:
        found = next((entry for entry in self.model if entry[0] == key), None)
        expected = None if found is None or found[2].expires <= self.now else found[1]
        assert self.rows.get(key, self.now) == expected
        self.forget(key)
        if expected is not None and found is not None:
            self.model.append(found)

    @rule(key=KEYS)
    def remove(self, key: str) -> None:
        assert self.rows.remove(key) is any(entry[0] == key for entry in self.model)
        self.forget(key)

    @rule(seconds=st.sampled_from([0.5, 5.0, 50.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def the_same_rows_are_left_and_they_fit(self) -> None:
        listed = self.rows.listed(Selection())
        assert sorted(info.key for info in listed) == sorted(entry[0] for entry in self.model)
        assert len(self.rows) == len(self.model)
        assert self.rows.size == sum(info.size + ROW_COST for info in listed) <= MAX


TestEviction = Eviction.TestCase
TestEviction.settings = settings(max_examples=220, stateful_step_count=50, deadline=None)


async def test_the_newest_rows_are_listed_first_and_no_more_than_wanted() -> None:
    store = MemoryStore(10**6)
    for number in range(5):
        await store.put(f"{number:064x}", b"row", labels(number))
    assert [info.labels.created for info in await store.rows(limit=3)] == [4.0, 3.0, 2.0]
    assert len(await store.rows(limit=None)) == 5


async def test_the_clock_is_the_stores_own() -> None:
    now = [1000.0]
    store = MemoryStore(10**6, clock=lambda: now[0])
    await store.put("a" * 64, b"row", labels(1000.0, 10.0))
    assert await store.get("a" * 64) == b"row"
    now[0] = 1010.0
    assert await store.get("a" * 64) is None
