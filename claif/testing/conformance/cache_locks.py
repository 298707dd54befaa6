"""Conformance of cache stores: the right to ask for an answer."""

# ruff: noqa: S101 - assertions are what the suite is for
from __future__ import annotations

import trio

from .cache_base import LONG, MOMENT, StoreConformance, key, labels


class Locks(StoreConformance):
    """One of many asks, and the others wait for it."""

    async def test_a_lock_has_one_holder(self) -> None:
        """Who has it may take it again; others may when it was given up, and only its holder can give it up."""
        async with self.store() as store, self.other(store) as other:
            assert await store.lock(key("one"), "me", LONG)
            assert not await other.lock(key("one"), "you", LONG)
            assert await store.lock(key("one"), "me", LONG)
            await other.unlock(key("one"), "you")
            assert not await other.lock(key("one"), "you", LONG)
            assert await other.lock(key("two"), "you", LONG)
            await store.unlock(key("one"), "me")
            assert await other.lock(key("one"), "you", LONG)
            await store.unlock(key("one"), "me")
            assert not await store.lock(key("one"), "me", LONG)

    async def test_a_lock_is_lost_after_its_time_unless_it_is_taken_again(self) -> None:
        """So that a process that was killed holds none for ever."""
        long = 1.5 * MOMENT + 2 * self.slack
        async with self.store() as store, self.other(store) as other:
            assert await store.lock(key("lost"), "me", MOMENT / 2)
            assert await store.lock(key("kept"), "me", MOMENT / 2)
            assert await store.lock(key("kept"), "me", LONG)
            await trio.sleep(long)
            assert await other.lock(key("lost"), "you", LONG)
            assert not await store.lock(key("lost"), "me", LONG)
            assert not await other.lock(key("kept"), "you", LONG)

    async def test_a_lock_is_not_the_row(self) -> None:
        """Neither hides the other, or takes it away."""
        async with self.store() as store:
            assert await store.lock(key("one"), "me", LONG)
            assert await store.get(key("one")) is None
            await store.put(key("one"), b"row", labels())
            assert await store.get(key("one")) == b"row"
            assert not await store.lock(key("one"), "you", LONG)
            await store.unlock(key("one"), "me")
            assert await store.get(key("one")) == b"row"

    async def test_one_of_many_gets_the_lock(self) -> None:
        """Of those that want it at once."""
        async with self.store() as store, self.other(store) as other:
            got: list[str] = []

            async def want(number: int) -> None:
                if await (store, other)[number % 2].lock(key("one"), f"token-{number}", LONG):
                    got.append(f"token-{number}")

            async with trio.open_nursery() as nursery:
                for number in range(20):
                    nursery.start_soon(want, number)
            assert len(got) == 1
