"""Keeping: rows are written behind the back of the query that they came from, and can be read from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio
from attrs import frozen

from ..logs import logger

if TYPE_CHECKING:
    from .patience import Patience
    from .store import Labels

MOST = 1000
"""Rows that wait to be written at most; more are not kept."""
TOGETHER = 64
"""Rows that are written at the same time at most."""
FLUSH = 5.0
"""Seconds in which what waits must be written when the client is closed."""


@frozen
class _Waiting:
    row: bytes
    labels: Labels
    lock: tuple[str, str] | None


class Keeper:
    """Writes rows to a store.

    Args:
        store: where to.
    """

    def __init__(self, store: Patience) -> None:
        self._store = store
        self._waiting: dict[str, _Waiting] = {}
        self._new: list[str] = []
        self._wake = trio.Event()
        self._idle = trio.Event()
        self._idle.set()

    def put(self, key: str, row: bytes, labels: Labels, lock: tuple[str, str] | None = None) -> None:
        """Have a row written soon; from now on `get` finds it.

        Args:
            key: its key.
            row: the row.
            labels: what it is found by.
            lock: a key and a token that are unlocked when it is written.
        """
        if len(self._waiting) >= MOST:
            logger.warning("{} answers wait to be kept; this one is not", MOST)
            return
        self._waiting[key] = _Waiting(row, labels, lock)
        self._new.append(key)
        self._idle = trio.Event() if self._idle.is_set() else self._idle
        self._wake.set()

    def get(self, key: str) -> bytes | None:
        """The row of a key, if it waits to be written."""
        waiting = self._waiting.get(key)
        return None if waiting is None else waiting.row

    async def run(self) -> None:
        """Write what waits, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake = trio.Event()
            while self._new:
                keys, self._new = self._new[:TOGETHER], self._new[TOGETHER:]
                async with trio.open_nursery() as nursery:
                    for key in dict.fromkeys(keys):
                        nursery.start_soon(self._write, key)
            if not self._waiting:
                self._idle.set()

    async def flush(self) -> None:
        """Wait until everything is written, for at most `FLUSH` seconds."""
        with trio.move_on_after(FLUSH):
            await self._idle.wait()

    async def _write(self, key: str) -> None:
        waiting = self._waiting.get(key)
        if waiting is None:
            return
        await self._store.put(key, waiting.row, waiting.labels)
        if waiting.lock is not None:
            await self._store.unlock(*waiting.lock)
        if self._waiting.get(key) is waiting:
            del self._waiting[key]
