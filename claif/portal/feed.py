"""The feed: takes the events of one answer out of the portal, and makes the provider wait for a slow consumer."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import trio

from ..pipeline.edge import LIMIT
from .call import Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..models import Event, Query, Reply
    from .host import Host


class Feed:
    """A bounded queue from the portal's thread to one consumer in another.

    No lock is taken: each side first changes the queue and then looks at the other's flag, so that of two who act at
    the same time at least one sees the other.

    Args:
        host: whom to ask.
        query: what to ask.
        wake: wakes the consumer if it waits, and says whether there still is one; called in the portal's thread, never
            fails.
        limit: events that wait for the consumer before the provider has to wait too.
    """

    def __init__(self, host: Host, query: Query, wake: Callable[[], bool], *, limit: int = LIMIT) -> None:
        self._portal = host.portal()
        self._wake = wake
        self._limit = limit
        self._events: deque[Event] = deque()
        self._full = False
        self._over = False
        self._room = trio.lowlevel.ParkingLot()
        self.call: Call[Reply] = Call(self._portal, lambda: host.run(query, self._send), wake)

    def ready(self) -> bool:
        """Whether `take` can be called."""
        return bool(self._events) or self.call.done

    def take(self) -> Event | None:
        """The next event; `None` after the last.

        Raises:
            BaseException: what the query failed with, after the events that had arrived.
        """
        if not self._events:
            if not self._over:
                self._over = True
                self.call.result()
            return None
        event = self._events.popleft()
        if self._full and len(self._events) <= self._limit // 2:
            self._full = False
            self._portal.post(self._room.unpark_all)
        return event

    async def _send(self, event: Event) -> None:
        while len(self._events) >= self._limit:
            self._full = True
            if len(self._events) >= self._limit:
                await self._room.park()
        self._events.append(event)
        if not self._wake():
            self.call.cancel()
