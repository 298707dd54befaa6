"""Keeping: rows are written behind the back of the query that they came from, and can be read from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from ..logs import logger

if TYPE_CHECKING:
    from .patience import Patience
    from .store import Write

MOST = 1000
"""Rows that wait to be written at most; more are not kept."""
TOGETHER = 500
"""Rows that are written at once at most."""
LINGER = 0.02
"""Seconds that a row waits for others to be written with; nobody waits for it."""
FLUSH = 5.0
"""Seconds in which what waits must be written when the client is closed."""


class Keeper:
    """Writes rows to a store.

    Args:
        store: where to.
    """

    def __init__(self, store: Patience) -> None:
        self._store = store
        self._waiting: dict[str, Write] = {}
        self._new: list[Write] = []
        self._wake = trio.Event()
        self._hurry = trio.Event()
        self._idle = trio.Event()
        self._idle.set()

    def put(self, write: Write) -> None:
        """Have a row written soon; from now on `get` finds it."""
        if len(self._new) >= MOST:
            logger.warning("{} answers wait to be kept; this one is not", MOST)
            return
        self._waiting[write.key] = write
        self._new.append(write)
        if self._idle.is_set():
            self._idle = trio.Event()
        self._wake.set()

    def get(self, key: str) -> bytes | None:
        """The row of a key, if it waits to be written."""
        waiting = self._waiting.get(key)
        return None if waiting is None else waiting.row

    async def run(self) -> None:
        """Write what waits, until cancelled."""
        while True:
            await self._wake.wait()
            with trio.move_on_after(LINGER):
                await self._hurry.wait()
            self._wake = trio.Event()
            while self._new:
                batch, self._new = self._new[:TOGETHER], self._new[TOGETHER:]
                await self._store.put_all(batch)
                for write in batch:
                    if self._waiting.get(write.key) is write:
                        del self._waiting[write.key]
            self._idle.set()

    async def flush(self) -> None:
        """Wait until everything is written, for at most `FLUSH` seconds."""
        self._hurry.set()
        with trio.move_on_after(FLUSH):
            await self._idle.wait()
