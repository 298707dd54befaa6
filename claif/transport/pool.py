"""Connections to one origin: each belongs to one exchange at a time, and what was used last is used first.

httpcore2's connections without its pool: that looks at all its connections for every request, which at 256 in flight
costs more than all the rest of a call.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpcore2

    from .network import Backend

KEEPALIVE = 4.0
"""Seconds that an idle connection is kept: less than the 5 s after which common servers (Node.js, uvicorn, llama.cpp)
close theirs, so that a request is rarely sent into a connection that is just being closed. A handshake after a pause
costs little beside an answer of seconds."""


class Pool:
    """Nothing limits the number of connections: whoever wants a limit is a layer.

    Args:
        connect: makes a new connection.
        proxied: the backend of these connections, if a proxy leads to the origin.

    Attributes:
        busy: connections in an exchange.
        idle: connections that wait for one; what was used last is at the right.
    """

    def __init__(
        self, connect: Callable[[], Awaitable[httpcore2.AsyncConnectionInterface]], proxied: Backend | None = None
    ) -> None:
        self.proxied = proxied
        self.busy: set[httpcore2.AsyncConnectionInterface] = set()
        self.idle: deque[httpcore2.AsyncConnectionInterface] = deque()
        self._connect = connect
        self._sweep_at = 0.0

    async def acquire(self, *, fresh: bool = False) -> httpcore2.AsyncConnectionInterface:
        """The connection that was used last, or a new one; `release` it after the exchange.

        Args:
            fresh: a new one is wanted.
        """
        while self.idle and not fresh:
            connection = self.idle.pop()
            if not connection.has_expired():
                break
            await _close(connection)
        else:
            connection = await self._connect()
        self.busy.add(connection)
        return connection

    async def release(self, connection: httpcore2.AsyncConnectionInterface) -> None:
        """The exchange is over: keep the connection if its answer has been read whole, else close it."""
        if connection in self.busy and connection.is_available():
            self.idle.append(connection)
        else:
            await _close(connection)
        self.busy.discard(connection)
        if trio.current_time() >= self._sweep_at:
            await self._sweep()

    async def _sweep(self) -> None:
        self._sweep_at = trio.current_time() + KEEPALIVE
        while self.idle and self.idle[0].has_expired():
            await _close(self.idle.popleft())

    async def aclose(self) -> None:
        """Close all connections, also those in use."""
        connections = [*self.busy, *self.idle]
        self.busy.clear()
        self.idle.clear()
        for connection in connections:
            await _close(connection)


async def _close(connection: httpcore2.AsyncConnectionInterface) -> None:
    with trio.CancelScope(shield=True):
        await connection.aclose()
