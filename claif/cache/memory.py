"""The store in memory: it lasts as long as its client, and forgets first what was not used for the longest time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import islice
from time import time
from typing import ClassVar

import trio

from .store import ALL, MOST_LISTED, CacheStore, Labels, RowInfo, Selection, StoreStats

ROW_COST = 500
"""Bytes that a row takes beside its own."""


class Rows:
    """Rows within a number of bytes, least recently used first; pure.

    Args:
        max_size: bytes of all rows together.
    """

    def __init__(self, max_size: int) -> None:
        self.max_size = max_size
        self.size = 0
        self._rows: OrderedDict[str, tuple[bytes, Labels]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: str, now: float) -> bytes | None:
        """The row of a key, used now; `None` if there is none, or its time has passed."""
        found = self._rows.get(key)
        if found is None:
            return None
        row, labels = found
        if labels.expires <= now:
            self.remove(key)
            return None
        self._rows.move_to_end(key)
        return row

    def put(self, key: str, row: bytes, labels: Labels) -> None:
        """Keep a row; one that is larger than all may be is not."""
        self.remove(key)
        cost = len(row) + ROW_COST
        if cost > self.max_size:
            return
        self._rows[key] = (row, labels)
        self.size += cost
        while self.size > self.max_size:
            self.remove(next(iter(self._rows)))

    def remove(self, key: str) -> bool:
        """Forget a row; whether there was one."""
        found = self._rows.pop(key, None)
        if found is None:
            return False
        self.size -= len(found[0]) + ROW_COST
        return True

    def listed(self, selection: Selection) -> list[RowInfo]:
        """The rows that are meant, the newest first."""
        rows = [
            RowInfo(key, labels, len(row)) for key, (row, labels) in self._rows.items() if selection.takes(key, labels)
        ]
        return sorted(rows, key=lambda info: info.labels.created, reverse=True)


class MemoryStore(CacheStore):
    """Keeps rows in memory.

    Args:
        max_size: bytes that it may take.
        clock: tells the time, in seconds since the epoch.
    """

    name: ClassVar[str] = "memory"
    local: ClassVar[bool] = True

    def __init__(self, max_size: int, *, clock: Callable[[], float] = time) -> None:
        self._rows = Rows(max_size)
        self._clock = clock
        self._locks: dict[str, tuple[str, float]] = {}

    async def get(self, key: str) -> bytes | None:
        """The row, if there is one; it waits for nothing."""
        return self._rows.get(key, self._clock())

    async def put(self, key: str, row: bytes, labels: Labels) -> None:
        """Keep a row."""
        self._rows.put(key, row, labels)

    async def rows(self, selection: Selection = ALL, limit: int | None = MOST_LISTED) -> Sequence[RowInfo]:
        """The rows that are meant, the newest first."""
        await trio.lowlevel.checkpoint()
        return list(islice(self._rows.listed(selection), limit))

    async def clear(self, selection: Selection = ALL) -> int:
        """Forget rows."""
        await trio.lowlevel.checkpoint()
        return sum(self._rows.remove(info.key) for info in self._rows.listed(selection))

    async def stats(self) -> StoreStats:
        """How full it is."""
        await trio.lowlevel.checkpoint()
        return StoreStats(len(self._rows), self._rows.size, "memory")

    async def lock(self, key: str, token: str, seconds: float) -> bool:
        """Take or keep a lock."""
        now = self._clock()
        holder, until = self._locks.get(key, (token, 0.0))
        if holder != token and until > now:
            return False
        self._locks[key] = (token, now + seconds)
        return True

    async def unlock(self, key: str, token: str) -> None:
        """Give a lock up."""
        if self._locks.get(key, ("", 0.0))[0] == token:
            del self._locks[key]
