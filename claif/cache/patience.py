"""Patience with a store: what fails or takes too long is as if nothing was there, and no query fails for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..routing.resting import Resting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .store import CacheStore, Write

UNHURRIED = 20
"""How many times longer writing may take: nobody waits for it."""


class Patience:
    """Calls a store.

    Args:
        store: the store.
        timeout: seconds that a call may take.
    """

    def __init__(self, store: CacheStore, timeout: float) -> None:
        self.store = store
        self._calls = Resting(f"the cache {store.name}", timeout)

    @property
    def down(self) -> bool:
        """Whether the last call failed."""
        return self._calls.down

    async def get(self, key: str) -> bytes | None:
        """The row of a key, if it can be had."""
        if self.store.local:
            return await self.store.get(key)
        return await self._calls.call(lambda: self.store.get(key), None)

    async def get_all(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """The rows of several keys, as far as they can be had."""
        nothing: Mapping[str, bytes] = {}
        return await self._calls.call(lambda: self.store.get_all(keys), nothing)

    async def look(self, key: str, token: str, seconds: float) -> tuple[bytes | None, bool]:
        """The row of a key, or the lock; whoever cannot ask has the lock."""
        if self.store.local:
            return await self.store.get(key), True
        return await self._calls.call(lambda: self.store.look(key, token, seconds), (None, True))

    async def put_all(self, writes: Sequence[Write]) -> bool:
        """Keep rows, and give locks up; whether they were kept."""

        async def put() -> bool:
            await self.store.put_all(writes)
            return True

        return await self._calls.call(put, False, patience=UNHURRIED)

    async def lock(self, key: str, token: str, seconds: float) -> bool:
        """Take a lock; whoever cannot ask for it has it."""
        if self.store.local:
            return True
        return await self._calls.call(lambda: self.store.lock(key, token, seconds), True)

    async def unlock(self, key: str, token: str) -> None:
        """Give a lock up."""
        if not self.store.local:
            await self._calls.call(lambda: self.store.unlock(key, token), None)
