"""The cache in a Redis: rows that expire there, and are found by their labels without being loaded."""

from __future__ import annotations

import heapq
import time
from collections.abc import Mapping, Sequence
from math import ceil, inf
from typing import ClassVar

import trio

from claif.api import ALL, CacheStore, Labels, RowInfo, Secret, Selection, StoreStats, Write

from . import scripts
from .link import Command, Link
from .rows import pack, row_of
from .scan import Scan

PREFIX = "claif"
TIMEOUT = 0.25
"""Seconds."""
TOGETHER = 4_000_000
"""Bytes of rows that are sent in one round trip, or of one that is larger."""
SECONDS_OF_A_BYTE = 1e-6
"""What putting a row may take longer: nobody waits for it, and the network may be slow."""
MOST_LISTED = 1000
_MILLISECONDS = 1000


class RedisStore(CacheStore):
    """Keeps rows in a Redis or Valkey.

    How much it keeps is the server's business: give it a `maxmemory` and the policy `allkeys-lru`.

    Args:
        url: where it is, see `redis_address`.
        password: the server's, if it is not in the URL.
        prefix: what all keys begin with, without the colon that follows; who uses the same one shares rows.
        timeout: seconds that each exchange may take; to put a row, a second more for each megabyte. Listing and
            clearing take many exchanges.

    Raises:
        InvalidConfigError: the URL is none.
    """

    name: ClassVar[str] = "redis"

    def __init__(
        self,
        url: str | Secret | None = None,
        *,
        password: Secret | None = None,
        prefix: str = PREFIX,
        timeout: float = TIMEOUT,
    ) -> None:
        self._link = Link(url, password, timeout)
        self._rows = f"{prefix}:row:"
        self._locks = f"{prefix}:lock:"

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Have a connection, when one is needed, until cancelled."""
        await self._link.run(task_status=task_status)

    async def get(self, key: str) -> bytes | None:
        """The row of a key: one round trip."""
        (kept,) = await self._link.ask((b"GET", self._rows + key))
        return None if kept is None else row_of(kept)

    async def get_all(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """The rows of several keys: one round trip."""
        if not keys:
            return {}
        (kept,) = await self._link.ask((b"MGET", *[self._rows + key for key in keys]))
        rows = {key: row_of(one) for key, one in zip(keys, kept, strict=True) if one is not None}
        return {key: row for key, row in rows.items() if row is not None}

    async def put(self, key: str, row: bytes, labels: Labels) -> None:
        """Keep a row until its time has passed: one round trip."""
        await self._link.ask(self._putting(Write(key, row, labels)), more=len(row) * SECONDS_OF_A_BYTE)

    async def put_all(self, writes: Sequence[Write]) -> None:
        """Keep rows and give up their locks: one round trip for each `TOGETHER` bytes."""
        commands: list[Command] = []
        size = 0
        for write in writes:
            commands.append(self._putting(write))
            if write.lock is not None:
                key, token = write.lock
                commands.append(scripts.unlock.command([self._locks + key], [token]))
            size += len(write.row)
            if size >= TOGETHER:
                await self._put_together(commands, size)
                commands, size = [], 0
        if commands:
            await self._put_together(commands, size)

    async def rows(self, selection: Selection = ALL, limit: int | None = MOST_LISTED) -> Sequence[RowInfo]:
        """The rows that are meant, the newest first; their labels are read, the rows are not."""
        newest: list[tuple[float, str, RowInfo]] = []
        scan = Scan(self._link, self._rows, selection.prefix)
        while not scan.done:
            for info in await scan.infos():
                if selection.takes(info.key, info.labels):
                    heapq.heappush(newest, (info.labels.created, info.key, info))
                    if limit is not None and len(newest) > limit:
                        heapq.heappop(newest)
        return [info for _, _, info in sorted(newest, reverse=True)]

    async def clear(self, selection: Selection = ALL) -> int:
        """Forget the rows that are meant, in steps; those without labels too, if labels do not matter."""
        forgotten = 0
        scan = Scan(self._link, self._rows, selection.prefix)
        by_key = selection == Selection(prefix=selection.prefix)
        while not scan.done:
            if by_key:
                keys = await scan.step()
            else:
                keys = [info.key for info in await scan.infos() if selection.takes(info.key, info.labels)]
            if keys:
                (gone,) = await self._link.ask((b"UNLINK", *[self._rows + key for key in keys]))
                forgotten += int(gone)
        return forgotten

    async def stats(self) -> StoreStats:
        """How many rows there are, and their bytes; all are counted, in steps."""
        rows = size = 0
        scan = Scan(self._link, self._rows)
        while not scan.done:
            infos = await scan.infos()
            rows, size = rows + len(infos), size + sum([info.size for info in infos])
        return StoreStats(rows, size, self._link.place)

    async def lock(self, key: str, token: str, seconds: float) -> bool:
        """Take the right to ask for the answer of a key, or keep it."""
        return bool(await self._link.call(scripts.lock, [self._locks + key], [token, _milliseconds(seconds)]))

    async def look(self, key: str, token: str, seconds: float) -> tuple[bytes | None, bool]:
        """The row of a key, or the right to ask for it: one round trip."""
        names = [self._locks + key, self._rows + key]
        kept, held = await self._link.call(scripts.look, names, [token, _milliseconds(seconds)])
        row = None if kept is None else row_of(kept)
        if row is None and kept is not None:
            return None, await self.lock(key, token, seconds)
        return row, bool(held)

    async def unlock(self, key: str, token: str) -> None:
        """Give the right up, if `token` holds it."""
        await self._link.call(scripts.unlock, [self._locks + key], [token])

    def _putting(self, write: Write) -> Command:
        left = write.labels.expires - time.time()
        if left <= 0:
            return b"UNLINK", self._rows + write.key
        kept = pack(write.row, write.labels)
        if left == inf:
            return b"SET", self._rows + write.key, kept
        return b"SET", self._rows + write.key, kept, "PX", _milliseconds(left)

    async def _put_together(self, commands: Sequence[Command], size: int) -> None:
        # A server that has forgotten the script learns it in the same round trip.
        await self._link.ask(scripts.unlock.load(), *commands, more=size * SECONDS_OF_A_BYTE)


def _milliseconds(seconds: float) -> int:
    return max(1, ceil(seconds * _MILLISECONDS))
