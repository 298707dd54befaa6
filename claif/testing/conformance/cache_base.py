"""Conformance of cache stores: how the suite reaches the store under test."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from hashlib import sha256
from typing import ClassVar

import trio

from ...cache.store import CacheStore, Labels
from .lacking import Lacking

LONG = 3600.0
"""Seconds for which rows last that shall not expire."""
MOMENT = 0.2
"""Seconds after which something is to have expired that was to last for half of them."""
CLOSING = 5.0
"""Seconds that a client gives a store to close."""


def key(name: object) -> str:
    """A key as stores are given them: 64 hexadecimal digits."""
    return sha256(str(name).encode()).hexdigest()


def labels(
    provider: str = "openai", model: str = "small", tag: str = "", *, age: float = 0.0, lasts: float = LONG
) -> Labels:
    """The labels of a row that was stored `age` seconds ago, and lasts for `lasts` more."""
    now = time.time()
    return Labels(provider, model, tag, now - age, now + lasts)


class StoreConformance(Lacking, ABC):
    """What all parts of the suite share: the store, another one that shares its rows, and a few rows."""

    lists: ClassVar[bool] = True
    """Whether the store can list what it has, and forget by labels; if not, it says so by a `ProviderRuntimeError`."""
    counts: ClassVar[bool] = True
    """Whether it can tell how many rows it has."""
    largest: ClassVar[int] = 3_000_000
    """Bytes of a row that it is to take."""
    slack: ClassVar[float] = 0.0
    """Seconds by which it may let a row or a lock live longer; memcached counts in whole ones."""

    @abstractmethod
    def store(self) -> AbstractAsyncContextManager[CacheStore]:
        """A store that is open and empty."""

    def other(self, store: CacheStore) -> AbstractAsyncContextManager[CacheStore]:
        """Another client's store that shares its rows with `store`; the same one where there can be no other."""
        return _same(store)

    @asynccontextmanager
    async def running(self, store: CacheStore) -> AsyncIterator[CacheStore]:
        """Have a store run meanwhile, as a client does."""
        async with trio.open_nursery() as nursery:
            await nursery.start(store.run)
            try:
                yield store
            finally:
                with trio.CancelScope(shield=True, deadline=trio.current_time() + CLOSING):
                    await store.aclose()
                nursery.cancel_scope.cancel()

    async def soon(self, true: Callable[[], Awaitable[bool]]) -> bool:
        """Whether something comes true in the time in which what lasts for half a `MOMENT` has to expire."""
        deadline = trio.current_time() + MOMENT + self.slack
        while not await true():
            if trio.current_time() >= deadline:
                return await true()
            await trio.sleep(MOMENT / 10)
        return True

    async def mixed(self, store: CacheStore) -> None:
        """Have four rows in it."""
        await store.put(key("a"), b"a", labels("openai", "small", "x", age=300))
        await store.put(key("b"), b"b", labels("openai", "large", "", age=200))
        await store.put(key("c"), b"c", labels("google", "small", "x", age=100))
        await store.put(key("d"), b"d", labels("google", "large", "y"))


@asynccontextmanager
async def _same(store: CacheStore) -> AsyncIterator[CacheStore]:
    yield store
