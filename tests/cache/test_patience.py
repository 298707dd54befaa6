"""Patience: a store that is slow, down or broken costs a query no more than its own small deadline, and once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import trio

from claif.cache.patience import Patience
from claif.cache.store import ALL, MOST_LISTED, CacheStore, Labels, RowInfo, Selection, StoreStats, Write
from claif.errors import ConnectionError
from claif.routing.resting import PAUSE

WRITE = Write("k", b"row", Labels("p", "m", "", 0.0, 100.0))


class Shaky(CacheStore):
    name = "shaky"

    def __init__(self) -> None:
        self.calls = 0
        self.seconds = 0.0
        self.fails = False

    async def _act(self) -> None:
        self.calls += 1
        await trio.sleep(self.seconds)
        if self.fails:
            raise ConnectionError("redis://:hunter22secret@host is down")

    async def get(self, key: str) -> bytes | None:
        await self._act()
        return b"row"

    async def put(self, key: str, row: bytes, labels: Labels) -> None:
        await self._act()

    async def rows(self, selection: Selection = ALL, limit: int | None = MOST_LISTED) -> Sequence[RowInfo]:
        return ()

    async def clear(self, selection: Selection = ALL) -> int:
        return 0

    async def stats(self) -> StoreStats:
        return StoreStats(0, 0, "")

    async def lock(self, key: str, token: str, seconds: float) -> bool:
        await self._act()
        return False

    async def unlock(self, key: str, token: str) -> None:
        await self._act()


@pytest.mark.mock_clock
async def test_a_store_that_works_is_asked_each_time() -> None:
    store = Shaky()
    patience = Patience(store, 0.25)
    assert await patience.get("k") == b"row"
    assert await patience.put_all([WRITE])
    assert not await patience.lock("k", "t", 10)
    await patience.unlock("k", "t")
    assert await patience.get_all(["k", "l"]) == {"k": b"row", "l": b"row"}
    assert (store.calls, patience.down) == (6, False)


@pytest.mark.mock_clock
async def test_a_slow_store_delays_one_query_by_its_deadline_and_the_next_not_at_all() -> None:
    store = Shaky()
    store.seconds = 60
    patience = Patience(store, 0.25)
    began = trio.current_time()
    assert await patience.get("k") is None
    assert trio.current_time() - began == pytest.approx(0.25)
    assert await patience.get("k") is None
    assert trio.current_time() - began == pytest.approx(0.25)
    assert (store.calls, patience.down) == (1, True)


@pytest.mark.mock_clock
async def test_a_store_that_fails_is_as_if_nothing_was_there() -> None:
    store = Shaky()
    store.fails = True
    assert await Patience(store, 0.25).get("k") is None
    assert await Patience(store, 0.25).get_all(["k"]) == {}
    assert not await Patience(store, 0.25).put_all([WRITE])
    assert await Patience(store, 0.25).lock("k", "t", 10), "who cannot ask for it has it"


@pytest.mark.mock_clock
async def test_after_the_pause_one_call_tries_it_and_the_others_go_on() -> None:
    store = Shaky()
    store.fails = True
    patience = Patience(store, 0.25)
    await patience.get("k")
    await trio.sleep(PAUSE - 0.01)
    await patience.get("k")
    assert store.calls == 1
    await trio.sleep(0.02)
    store.seconds = 0.1
    async with trio.open_nursery() as nursery:
        for _ in range(50):
            nursery.start_soon(patience.get, "k")
    assert store.calls == 2


@pytest.mark.mock_clock
async def test_a_store_that_has_returned_is_used_again() -> None:
    store = Shaky()
    store.fails = True
    patience = Patience(store, 0.25)
    await patience.get("k")
    await trio.sleep(PAUSE)
    store.fails = False
    assert await patience.get("k") == b"row"
    assert not patience.down
    assert await patience.get("k") == b"row"


@pytest.mark.mock_clock
async def test_writing_may_take_longer_for_nobody_waits() -> None:
    store = Shaky()
    store.seconds = 2
    assert await Patience(store, 0.25).put_all([WRITE])


@pytest.mark.mock_clock
async def test_whoever_calls_can_be_cancelled_and_the_store_is_not_blamed() -> None:
    store = Shaky()
    store.seconds = 60
    patience = Patience(store, 5)
    with trio.move_on_after(1) as scope:
        await patience.get("k")
    assert scope.cancelled_caught
    assert not patience.down
