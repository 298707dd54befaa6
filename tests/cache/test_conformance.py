"""Claif's own stores keep the promises of a store; and the suite that says so finds stores that do not."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from attrs import evolve

from claif.cache.memory import MemoryStore
from claif.cache.sqlite import SqliteStore
from claif.cache.store import ALL, MOST_LISTED, CacheStore, Labels, RowInfo, Selection, StoreStats, Write
from claif.testing import CacheStoreConformance

PLENTY = 10**9


class TestMemory(CacheStoreConformance):
    @asynccontextmanager
    async def store(self) -> AsyncIterator[CacheStore]:
        async with self.running(MemoryStore(PLENTY)) as store:
            yield store


class TestSQLite(CacheStoreConformance):
    @pytest.fixture(autouse=True)
    def a_path(self, tmp_path: Path) -> None:
        self.path = tmp_path / "cache.db"

    @asynccontextmanager
    async def store(self) -> AsyncIterator[CacheStore]:
        async with self.running(SqliteStore(self.path, PLENTY)) as store:
            yield store

    @asynccontextmanager
    async def other(self, store: CacheStore) -> AsyncIterator[CacheStore]:
        async with self.running(SqliteStore(self.path, PLENTY)) as another:
            yield another


class Forgetful(MemoryStore):
    async def get(self, key: str) -> bytes | None:
        await super().get(key)
        return None


class Trims(MemoryStore):
    async def put(self, key: str, row: bytes, labels: Labels) -> None:
        await super().put(key, row.strip(), labels)


class KeepsTheOld(MemoryStore):
    async def put(self, key: str, row: bytes, labels: Labels) -> None:
        if await self.get(key) is None:
            await super().put(key, row, labels)


class NeverExpires(MemoryStore):
    async def put(self, key: str, row: bytes, labels: Labels) -> None:
        await super().put(key, row, evolve(labels, expires=1e18))


class MixesLabels(MemoryStore):
    async def put(self, key: str, row: bytes, labels: Labels) -> None:
        await super().put(key, row, evolve(labels, tag=labels.model))


class OldestFirst(MemoryStore):
    async def rows(self, selection: Selection = ALL, limit: int | None = MOST_LISTED) -> Sequence[RowInfo]:
        return list(reversed(await super().rows(selection, limit)))


class ListsAll(MemoryStore):
    async def rows(self, selection: Selection = ALL, limit: int | None = MOST_LISTED) -> Sequence[RowInfo]:
        return await super().rows(selection, None)


class ClearsAll(MemoryStore):
    async def clear(self, selection: Selection = ALL) -> int:
        return await super().clear()


class ClearsByTheKeyOnly(MemoryStore):
    async def clear(self, selection: Selection = ALL) -> int:
        return await super().clear(Selection(prefix=selection.prefix))


class ClearsNothing(MemoryStore):
    async def clear(self, selection: Selection = ALL) -> int:
        return len(await self.rows(selection))


class Miscounts(MemoryStore):
    async def stats(self) -> StoreStats:
        return StoreStats(0, 0, "memory")


class LocksForAll(MemoryStore):
    async def lock(self, key: str, token: str, seconds: float) -> bool:
        return True


class LocksOnce(MemoryStore):
    async def lock(self, key: str, token: str, seconds: float) -> bool:
        held = key in self._locks
        return not held and await super().lock(key, token, seconds)


class LocksForEver(MemoryStore):
    async def lock(self, key: str, token: str, seconds: float) -> bool:
        return await super().lock(key, token, 1e9)


class NeverRenews(MemoryStore):
    async def lock(self, key: str, token: str, seconds: float) -> bool:
        before = self._locks.get(key)
        taken = await super().lock(key, token, seconds)
        if taken and before is not None and before[0] == token:
            self._locks[key] = before
        return taken


class UnlocksForAll(MemoryStore):
    async def unlock(self, key: str, token: str) -> None:
        self._locks.pop(key, None)


class NeverUnlocks(MemoryStore):
    async def unlock(self, key: str, token: str) -> None:
        pass


class LocksHideRows(MemoryStore):
    async def get(self, key: str) -> bytes | None:
        return None if key in self._locks else await super().get(key)


class LocksLate(MemoryStore):
    async def lock(self, key: str, token: str, seconds: float) -> bool:
        free = self._locks.get(key, (token, 0.0))[0] == token
        await trio.sleep(0.001)
        if free:
            self._locks[key] = (token, self._clock() + seconds)
        return free


class LooksWithoutLocking(MemoryStore):
    async def look(self, key: str, token: str, seconds: float) -> tuple[bytes | None, bool]:
        row = await self.get(key)
        return row, row is None


class LooksBeforeItLocks(MemoryStore):
    async def look(self, key: str, token: str, seconds: float) -> tuple[bytes | None, bool]:
        row = await self.get(key)
        await trio.sleep(0.001)
        return row, row is None and await self.lock(key, token, seconds)


class LocksWhatIsThere(MemoryStore):
    async def look(self, key: str, token: str, seconds: float) -> tuple[bytes | None, bool]:
        return await self.get(key), await self.lock(key, token, seconds)


class PutsWithoutUnlocking(MemoryStore):
    async def put_all(self, writes: Sequence[Write]) -> None:
        await super().put_all([evolve(write, lock=None) for write in writes])


class PutsOnlyTheFirst(MemoryStore):
    async def put_all(self, writes: Sequence[Write]) -> None:
        await super().put_all(writes[:1])


class Raises(MemoryStore):
    async def get(self, key: str) -> bytes | None:
        found = await super().get(key)
        if found is None:
            raise KeyError(key)
        return found


BROKEN: tuple[Callable[[int], CacheStore], ...] = (
    Forgetful,
    Trims,
    KeepsTheOld,
    NeverExpires,
    MixesLabels,
    OldestFirst,
    ListsAll,
    ClearsAll,
    ClearsByTheKeyOnly,
    ClearsNothing,
    Miscounts,
    LocksForAll,
    LocksOnce,
    LocksForEver,
    NeverRenews,
    UnlocksForAll,
    NeverUnlocks,
    LocksHideRows,
    LocksLate,
    LooksWithoutLocking,
    LooksBeforeItLocks,
    LocksWhatIsThere,
    PutsWithoutUnlocking,
    PutsOnlyTheFirst,
    Raises,
)


@pytest.mark.parametrize("broken", BROKEN)
async def test_a_store_that_breaks_a_promise_is_found(broken: Callable[[int], CacheStore]) -> None:
    """By at least one test of the suite."""

    class Suite(CacheStoreConformance):
        __test__ = False

        @asynccontextmanager
        async def store(self) -> AsyncIterator[CacheStore]:
            yield broken(PLENTY)

    suite = Suite()
    failed = []
    for name, test in inspect.getmembers(suite, inspect.iscoroutinefunction):
        if name.startswith("test_"):
            try:
                await test()
            except (AssertionError, KeyError, BaseExceptionGroup):
                failed.append(name)
    assert failed
