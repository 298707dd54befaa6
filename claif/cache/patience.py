"""Patience with a store: a query waits for it so long and no longer, and one that fails is left alone for a while."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import trio

from ..config.redact import redact
from ..errors import ClaifError, TimeoutError
from ..logs import logger

if TYPE_CHECKING:
    from .store import CacheStore, Labels

T = TypeVar("T")

PAUSE = 5.0
"""Seconds for which a store that failed is left alone; then one call tries it, and the others go on without it."""


class Patience:
    """Calls a store; what fails or takes too long is as if nothing was there.

    Args:
        store: the store.
        timeout: seconds that a call may take.
    """

    def __init__(self, store: CacheStore, timeout: float) -> None:
        self.store = store
        self.timeout = timeout
        self._rests_until = float("-inf")
        self._down = False

    @property
    def down(self) -> bool:
        """Whether the last call failed."""
        return self._down

    async def get(self, key: str) -> bytes | None:
        """The row of a key, if it can be had."""
        return await self._call(lambda: self.store.get(key), None)

    async def put(self, key: str, row: bytes, labels: Labels) -> bool:
        """Keep a row; whether it was. Nobody waits for this, so it may take longer."""

        async def put() -> bool:
            await self.store.put(key, row, labels)
            return True

        return await self._call(put, False, patience=20)

    async def lock(self, key: str, token: str, seconds: float) -> bool:
        """Take a lock; whoever cannot ask for it has it."""
        return await self._call(lambda: self.store.lock(key, token, seconds), True)

    async def unlock(self, key: str, token: str) -> None:
        """Give a lock up."""
        await self._call(lambda: self.store.unlock(key, token), None)

    async def _call(self, act: Callable[[], Awaitable[T]], otherwise: T, patience: float = 1) -> T:
        now = trio.current_time()
        if now < self._rests_until:
            return otherwise
        if self._down:
            self._rests_until = now + PAUSE  # this call tries it, and no other one meanwhile
        try:
            with trio.move_on_after(self.timeout * patience) as limit:
                result = await act()
                self._works()
                return result
            failure: ClaifError = TimeoutError(f"it did not answer within {self.timeout * patience:g} s")
            if not limit.cancelled_caught:
                return otherwise
        except ClaifError as error:
            failure = error
        self._failed(failure)
        return otherwise

    def _works(self) -> None:
        if self._down:
            logger.info("the cache {} works again", self.store.name)
        self._down, self._rests_until = False, float("-inf")

    def _failed(self, error: ClaifError) -> None:
        if not self._down:
            logger.warning("the cache {} is left alone for {:g} s: {}", self.store.name, PAUSE, redact(error.message))
        self._down, self._rests_until = True, trio.current_time() + PAUSE
