"""Keeping: what is put can be read at once, and is written soon."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
import trio
from cache.test_patience import Shaky

from claif.cache.keeper import FLUSH, LINGER, MOST, TOGETHER, Keeper
from claif.cache.patience import Patience
from claif.cache.store import Labels, Write

LABELS = Labels("p", "m", "", 0.0, 100.0)


class Slow(Shaky):
    def __init__(self) -> None:
        super().__init__()
        self.seconds = 1.0
        self.written: list[tuple[str, bytes]] = []
        self.unlocked: list[tuple[str, str]] = []
        self.batches: list[int] = []

    async def put_all(self, writes: Sequence[Write]) -> None:
        self.batches.append(len(writes))
        await self._act()
        for write in writes:
            self.written.append((write.key, write.row))
            if write.lock is not None:
                await self.unlock(*write.lock)

    async def unlock(self, key: str, token: str) -> None:
        self.unlocked.append((key, token))


@asynccontextmanager
async def keeping(store: Slow) -> AsyncIterator[Keeper]:
    keeper = Keeper(Patience(store, 1.0))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(keeper.run)
        yield keeper
        nursery.cancel_scope.cancel()


@pytest.mark.mock_clock
async def test_what_was_put_is_read_before_it_is_written() -> None:
    store = Slow()
    async with keeping(store) as keeper:
        keeper.put(Write("k", b"row", LABELS))
        assert keeper.get("k") == b"row"
        assert not store.written
        await keeper.flush()
        assert store.written == [("k", b"row")]
        assert keeper.get("k") is None


@pytest.mark.mock_clock
async def test_of_a_key_that_is_put_again_the_last_row_is_read_and_written() -> None:
    store = Slow()
    async with keeping(store) as keeper:
        keeper.put(Write("k", b"old", LABELS))
        await trio.sleep(0.5)
        keeper.put(Write("k", b"new", LABELS))
        assert keeper.get("k") == b"new"
        await keeper.flush()
        assert store.written[-1] == ("k", b"new")


@pytest.mark.mock_clock
async def test_a_lock_is_given_up_when_the_row_is_there() -> None:
    store = Slow()
    async with keeping(store) as keeper:
        keeper.put(Write("k", b"row", LABELS, ("flight", "token")))
        await trio.sleep(0.9)
        assert not store.unlocked
        await keeper.flush()
        assert store.unlocked == [("flight", "token")]


@pytest.mark.mock_clock
async def test_many_are_written_at_a_time_but_not_all() -> None:
    store = Slow()
    async with keeping(store) as keeper:
        for number in range(TOGETHER + 5):
            keeper.put(Write(str(number), b"row", LABELS))
        await keeper.flush()
        assert len(store.written) == TOGETHER + 5
        assert store.batches == [TOGETHER, 5]


@pytest.mark.mock_clock
async def test_what_comes_soon_after_another_is_written_with_it() -> None:
    store = Slow()
    async with keeping(store) as keeper:
        keeper.put(Write("a", b"row", LABELS))
        await trio.sleep(LINGER / 2)
        keeper.put(Write("b", b"row", LABELS))
        await trio.sleep(LINGER + store.seconds)
        assert store.batches == [2]


@pytest.mark.mock_clock
async def test_a_client_that_closes_does_not_linger() -> None:
    store = Slow()
    async with keeping(store) as keeper:
        keeper.put(Write("a", b"row", LABELS))
        began = trio.current_time()
        await keeper.flush()
        assert trio.current_time() - began == pytest.approx(store.seconds)


@pytest.mark.mock_clock
async def test_what_cannot_be_written_is_forgotten_and_nobody_hangs() -> None:
    store = Slow()
    store.fails = True
    async with keeping(store) as keeper:
        keeper.put(Write("k", b"row", LABELS))
        await keeper.flush()
        assert keeper.get("k") is None


@pytest.mark.mock_clock
async def test_not_more_waits_than_fits() -> None:
    store = Slow()
    keeper = Keeper(Patience(store, 1.0))
    for number in range(MOST + 1):
        keeper.put(Write(str(number), b"row", LABELS))
    assert keeper.get(str(MOST - 1)) == b"row"
    assert keeper.get(str(MOST)) is None


@pytest.mark.mock_clock
async def test_closing_waits_for_what_is_written_but_not_for_ever() -> None:
    store = Slow()
    store.seconds = 60
    keeper = Keeper(Patience(store, 60))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(keeper.run)
        keeper.put(Write("k", b"row", LABELS))
        began = trio.current_time()
        await keeper.flush()
        assert trio.current_time() - began == pytest.approx(FLUSH)
        nursery.cancel_scope.cancel()
    await Keeper(Patience(store, 60)).flush()
