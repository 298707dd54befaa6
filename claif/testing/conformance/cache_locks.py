"""Conformance of cache stores: the right to ask for an answer."""

# ruff: noqa: S101 - assertions are what the suite is for
from __future__ import annotations

import trio

from ...cache.store import Write
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
        async with self.store() as store, self.other(store) as other:
            assert await store.lock(key("lost"), "me", MOMENT / 2)
            assert await store.lock(key("kept"), "me", MOMENT / 2)
            assert await store.lock(key("kept"), "me", LONG)
            assert await self.soon(lambda: other.lock(key("lost"), "you", LONG))
            await trio.sleep(MOMENT + min(self.slack, 1.0))  # the other one was taken a little later
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

    async def test_to_look_gives_the_row_or_the_right_to_ask_for_it(self) -> None:
        """Of those that look, one has it while there is no row."""
        async with self.store() as store, self.other(store) as other:
            assert await store.look(key("one"), "me", LONG) == (None, True)
            assert await other.look(key("one"), "you", LONG) == (None, False)
            assert await store.look(key("one"), "me", LONG) == (None, True)
            assert not await other.lock(key("one"), "you", LONG)
            await store.put(key("one"), b"row", labels())
            assert await other.look(key("one"), "you", LONG) == (b"row", False)
            await store.unlock(key("one"), "me")
            assert await other.look(key("one"), "you", LONG) == (b"row", False)
            assert await store.lock(key("one"), "me", LONG)

    async def test_the_right_to_ask_is_not_given_for_a_row_that_is_kept_meanwhile(self) -> None:
        """Who looks while another one keeps the row and gives its lock up finds the row, or waits."""
        async with self.store() as store, self.other(store) as other:
            for number in range(100):
                name = key(f"round {number}")
                assert await store.lock(name, "me", LONG)
                found: list[tuple[bytes | None, bool]] = []

                async def look(name: str = name, found: list[tuple[bytes | None, bool]] = found) -> None:
                    while not found or found[-1] == (None, False):
                        found.append(await other.look(name, "you", LONG))
                        await trio.lowlevel.checkpoint()  # a store in memory may wait for nothing

                async with trio.open_nursery() as nursery:
                    nursery.start_soon(look)
                    await trio.lowlevel.checkpoint()
                    await store.put_all([Write(name, b"row", labels(), (name, "me"))])
                assert found[-1] == (b"row", False)
                assert await store.lock(name, "me", LONG)

    async def test_rows_are_put_together_and_their_locks_given_up(self) -> None:
        """Those of others stay, whatever the sizes of the rows; no row at all is nothing."""
        async with self.store() as store, self.other(store) as other:
            for name in ("a", "b", "c"):
                assert await store.lock(key(name), "me", LONG)
            assert await other.lock(key("d"), "you", LONG)
            large = b"x" * self.largest
            await store.put(key("gone"), b"old", labels())
            await store.put_all(
                [
                    Write(key("a"), b"a", labels(), (key("a"), "me")),
                    Write(key("b"), large, labels(), (key("b"), "me")),
                    Write(key("c"), b"c", labels()),
                    Write(key("d"), b"d", labels(), (key("d"), "me")),
                    Write(key("gone"), b"new", labels(lasts=-1)),
                    Write(key("e"), b"", labels()),
                ]
            )
            await store.put_all([])
            got = [await other.get(key(name)) for name in ("a", "b", "c", "d", "gone", "e")]
            assert got == [b"a", large, b"c", b"d", None, b""]
            held = [not await store.lock(key(name), "another", LONG) for name in ("a", "b", "c", "d")]
            assert held == [False, False, True, True]
