"""Conformance of cache stores: what is known of its rows, and how they are forgotten."""

# ruff: noqa: S101, PLR2004, ARG005 - assertions are what the suite is for
from __future__ import annotations

import time

import pytest

from ...cache.store import ALL, Selection
from ...errors import ProviderRuntimeError
from .cache_base import StoreConformance, key, labels


def selections() -> tuple[tuple[Selection, str], ...]:
    """Selections, and which rows of `mixed` they take."""
    return (
        (ALL, "abcd"),
        (Selection(provider="openai"), "ab"),
        (Selection(provider="nobody"), ""),
        (Selection(model="small"), "ac"),
        (Selection(tag="x"), "ac"),
        (Selection(tag=""), "b"),
        (Selection(provider="google", model="large", tag="y"), "d"),
        (Selection(provider="google", model="large", tag="x"), ""),
        (Selection(prefix=key("c")[:10]), "c"),
        (Selection(prefix=key("a")), "a"),
        (Selection(prefix=key("a"), provider="google"), ""),
        (Selection(prefix="*"), ""),
        (Selection(created_before=time.time() - 150), "ab"),
    )


class Listing(StoreConformance):
    """Rows are found by their labels, and forgotten."""

    async def test_rows_are_listed_with_what_is_known_of_them(self) -> None:
        """The newest first, whatever their number, or the newest of them."""
        async with self.store() as store:
            if not self.lists:
                with pytest.raises(ProviderRuntimeError, match="cannot list"):
                    await store.rows()
                return
            # Far enough apart that they are in order however slowly they are made.
            given = {key(number): labels("p", f"m{number}", "t \u00e4\n", age=60 * number) for number in range(20)}
            for one, its in reversed(given.items()):
                await store.put(one, b"row " * 5, its)
            found = await store.rows()
            assert [info.key for info in found] == list(given)
            assert [info.size for info in found] == [20] * 20
            for info in found:
                its = given[info.key]
                assert (info.labels.provider, info.labels.model, info.labels.tag) == (its.provider, its.model, its.tag)
                assert abs(info.labels.created - its.created) < 0.01
                assert abs(info.labels.expires - its.expires) < 0.01
            assert [info.key for info in await store.rows(limit=3)] == list(given)[:3]
            assert [info.key for info in await store.rows(limit=None)] == list(given)

    async def test_rows_are_selected_by_each_label(self) -> None:
        """And by several of them together."""
        async with self.store() as store:
            if not self.lists:
                return
            await self.mixed(store)
            for selection, names in selections():
                assert {info.key for info in await store.rows(selection)} == set(map(key, names)), selection

    async def test_rows_are_forgotten_by_each_label(self) -> None:
        """Those that are meant and no others, and it is told how many."""
        async with self.store() as store:
            if not self.lists:
                for selection, _ in selections():
                    if selection not in {ALL, Selection(prefix=key("a"))}:
                        with pytest.raises(ProviderRuntimeError) as caught:
                            await store.clear(selection)
                        assert caught.value.hint
                return
            for selection, names in selections():
                await self.mixed(store)
                assert await store.clear(selection) == len(names), selection
                left = {name for name in "abcd" if await store.get(key(name)) is not None}
                assert left == set("abcd") - set(names), selection

    async def test_everything_is_forgotten(self) -> None:
        """For all clients, and new rows can be put."""
        async with self.store() as store, self.other(store) as other:
            await self.mixed(store)
            assert await other.get(key("a")) == b"a"
            cleared = await store.clear()
            assert cleared == 4 or not self.counts
            for name in "abcd":
                assert await store.get(key(name)) is None
                assert await other.get(key(name)) is None
            await other.put(key("a"), b"new", labels())
            assert await store.get(key("a")) == b"new"

    async def test_one_row_is_forgotten_by_its_whole_key(self) -> None:
        """Others stay."""
        async with self.store() as store:
            await self.mixed(store)
            assert await store.clear(Selection(prefix=key("a"))) == 1
            assert await store.clear(Selection(prefix=key("a"))) == 0
            assert [await store.get(key(name)) for name in "abcd"] == [None, b"b", b"c", b"d"]

    async def test_stats_tell_how_full_it_is(self) -> None:
        """Rows, their bytes, and where."""
        async with self.store() as store:
            await self.mixed(store)
            stats = await store.stats()
            assert stats.place
            if self.counts:
                assert stats.rows == 4
                assert stats.size is not None
                assert stats.size >= 4
            else:
                assert (stats.rows, stats.size) == (None, None)

    async def test_damaged_rows_are_found_and_forgotten(self) -> None:
        """By whoever can tell a good row."""
        async with self.store() as store:
            if not self.lists:
                with pytest.raises(ProviderRuntimeError, match="cannot list"):
                    await store.verify(lambda name, row: True)
                return
            await self.mixed(store)
            assert await store.verify(lambda name, row: row in b"ab") == (2, 2)
            assert await store.verify(lambda name, row: row in b"ab") == (2, 0)
            assert [await store.get(key(name)) for name in "abcd"] == [b"a", b"b", None, None]
