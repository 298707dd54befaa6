"""Conformance of cache stores: what becomes of one row."""

# ruff: noqa: S101 - assertions are what the suite is for
from __future__ import annotations

import trio

from .cache_base import MOMENT, StoreConformance, key, labels

AWKWARD = bytes(range(256)) + b"\r\nEND\r\n\n" * 3
"""All bytes, and what ends something in the protocols of servers."""


class Rows(StoreConformance):
    """Rows come back as they were, as long as they last."""

    async def test_what_was_put_is_got(self) -> None:
        """Byte by byte, whatever the bytes; and by another client too."""
        async with self.store() as store, self.other(store) as other:
            for number, row in enumerate((b"", b"row", AWKWARD, b"\0" * 1000)):
                await store.put(key(number), row, labels())
                assert await store.get(key(number)) == row
                assert await other.get(key(number)) == row

    async def test_a_row_that_is_not_there_is_none(self) -> None:
        """It is no error."""
        async with self.store() as store:
            assert await store.get(key("nothing")) is None

    async def test_a_large_row_comes_back_whole(self) -> None:
        """Whatever its size was before, and will be after."""
        async with self.store() as store:
            large = bytes(range(251)) * (self.largest // 251)
            for row in (large, b"small", large[::-1], large[: len(large) // 2], large):
                await store.put(key("one"), row, labels())
                assert await store.get(key("one")) == row

    async def test_several_rows_are_got_at_once(self) -> None:
        """Those that are there, each as it was; small ones and a large one, and none of those that have expired."""
        async with self.store() as store:
            assert await store.get_all([]) == {}
            kept = {key(number): AWKWARD * number for number in range(1, 40)}
            kept[key("large")] = bytes(range(251)) * (self.largest // 251)
            for name, row in kept.items():
                await store.put(name, row, labels())
            await store.put(key("old"), b"row", labels(age=10, lasts=-1))
            found = await store.get_all([key("nothing"), *kept, key("old"), key(1)])
            assert dict(found) == kept

    async def test_putting_replaces_row_and_labels(self) -> None:
        """A key has one row."""
        async with self.store() as store:
            await store.put(key("one"), b"first", labels("openai", "a", "x"))
            await store.put(key("one"), b"second one", labels("google", "b", "y"))
            assert await store.get(key("one")) == b"second one"
            if self.lists:
                (info,) = await store.rows()
                assert (info.labels.provider, info.labels.model, info.labels.tag) == ("google", "b", "y")
                assert info.size == len(b"second one")

    async def test_a_row_expires(self) -> None:
        """It is gone when its time has passed; others are not."""
        async with self.store() as store:
            await store.put(key("short"), b"row", labels(lasts=MOMENT / 2))
            await store.put(key("long"), b"row", labels())

            async def gone() -> bool:
                return await store.get(key("short")) is None

            assert await self.soon(gone)
            assert await store.get(key("long")) == b"row"
            if self.lists:
                # Those whose time has passed may be listed until they are looked for.
                assert {info.key for info in await store.rows()} - {key("short")} == {key("long")}

    async def test_a_row_that_has_expired_before_it_is_put_takes_the_old_one_away(self) -> None:
        """What the key had is not used any more either."""
        async with self.store() as store:
            await store.put(key("one"), b"old", labels())
            await store.put(key("one"), b"new", labels(age=10, lasts=-1))
            assert await store.get(key("one")) is None

    async def test_many_tasks_use_it_at_once(self) -> None:
        """Each gets its own rows, and of one that several put, one in whole."""
        async with self.store() as store, self.other(store) as other:
            both = (store, other)

            async def use(number: int) -> None:
                for turn in range(10):
                    mine = f"{number}:{turn}".encode() * 100
                    await both[turn % 2].put(key(number), mine, labels())
                    assert await both[(turn + 1) % 2].get(key(number)) == mine
                    await store.put(key("common"), mine, labels())
                    seen = await other.get(key("common"))
                    assert seen is not None
                    assert seen == seen[: len(seen) // 100] * 100

            async with trio.open_nursery() as nursery:
                for number in range(20):
                    nursery.start_soon(use, number)

    async def test_it_works_on_after_calls_were_cancelled(self) -> None:
        """At whatever moment that is; nobody gets the answer that was meant for another."""
        async with self.store() as store:
            await store.put(key("one"), b"one" * 1000, labels())
            await store.put(key("two"), b"two" * 1000, labels())
            for number in range(60):
                async with trio.open_nursery() as nursery:
                    for _ in range(5):
                        nursery.start_soon(store.get, key("one"))
                    await trio.sleep(number * 0.00005)
                    nursery.cancel_scope.cancel()
                assert await store.get(key("two")) == b"two" * 1000
