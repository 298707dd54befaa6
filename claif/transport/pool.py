"""Connections to one origin, in shards: the cost of one httpcore2 pool grows with the connections in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpcore2

    from .network import Backend

SHARD = 8
"""Exchanges in flight in every shard before another one is added; measured: 4 to 16 cost about the same."""

KEEPALIVE = 4.0
"""Seconds that an idle connection is kept: less than the 5 s after which common servers (Node.js, uvicorn, llama.cpp)
close theirs, so that a request is rarely sent into a connection that is just being closed. A handshake after a pause
costs little beside an answer of seconds."""


class Shard:
    """One httpcore2 pool and the number of exchanges in flight in it."""

    __slots__ = ("busy", "idle_since", "pool", "retired")

    def __init__(self, pool: httpcore2.AsyncConnectionPool) -> None:
        self.pool = pool
        self.busy = 0
        self.idle_since = 0.0
        self.retired = False


class Pool:
    """The shards of one origin. Nothing limits the number of connections: whoever wants a limit is a layer.

    Args:
        make: makes an empty httpcore2 pool.
        proxied: the backend of these pools, if a proxy leads to the origin.
    """

    def __init__(self, make: Callable[[], httpcore2.AsyncConnectionPool], proxied: Backend | None = None) -> None:
        self.proxied = proxied
        self._make = make
        self.shards: list[Shard] = []
        self._retired: set[Shard] = set()
        self._sweep_at = 0.0

    def acquire(self, *, fresh: bool = False) -> Shard:
        """The first shard that is not full, or a new one; `release` it after the exchange.

        Args:
            fresh: a shard without any connection is wanted.
        """
        if not fresh:
            for shard in self.shards:
                if shard.busy < SHARD:
                    shard.busy += 1
                    return shard
        shard = Shard(self._make())
        shard.busy = 1
        self.shards.append(shard)
        return shard

    async def release(self, shard: Shard) -> None:
        """The exchange is over; close the shards that nobody has used for a while."""
        shard.busy -= 1
        if shard.busy == 0:
            if shard.retired:
                self._retired.discard(shard)
                await shard.pool.aclose()
            elif len(self.shards) > 1:
                await self._sweep(shard)

    def retire(self, shard: Shard) -> None:
        """Use it no more: a connection of it was dead, so others may be."""
        if not shard.retired:
            shard.retired = True
            self.shards.remove(shard)
            self._retired.add(shard)

    async def _sweep(self, idle: Shard) -> None:
        now = idle.idle_since = trio.current_time()
        if now < self._sweep_at:
            return
        self._sweep_at = now + KEEPALIVE
        stale = [shard for shard in self.shards[1:] if not shard.busy and shard.idle_since + KEEPALIVE < now]
        self.shards = [shard for shard in self.shards if shard not in stale]
        for shard in stale:
            await shard.pool.aclose()

    async def aclose(self) -> None:
        """Close all connections, also those in use."""
        shards, self.shards = [*self.shards, *self._retired], []
        self._retired.clear()
        for shard in shards:
            shard.retired = True
            await shard.pool.aclose()
