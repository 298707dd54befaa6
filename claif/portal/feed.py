"""The feed: takes events and the like out of the portal, and makes who gives them wait for a slow consumer."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

import trio

from ..pipeline.edge import LIMIT
from .call import Call

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .host import Host

T = TypeVar("T")
R = TypeVar("R")

LOOK = 0.5
"""Seconds after which who waits for a slow consumer looks whether there still is one."""


class Feed(Generic[T, R]):
    """A bounded queue from the portal's thread to one consumer in another.

    No lock is taken: each side first changes the queue and then looks at the other's flag, so that of two who act at
    the same time at least one sees the other.

    Args:
        host: where it comes from.
        ask: run in the portal; awaits its argument for each item.
        wake: wakes the consumer if it waits, and says whether there still is one; called in the portal's thread, never
            fails.
        limit: items that wait for the consumer before who gives them has to wait too.
    """

    def __init__(
        self,
        host: Host,
        ask: Callable[[Callable[[T], Awaitable[None]]], Awaitable[R]],
        wake: Callable[[], bool],
        *,
        limit: int = LIMIT,
    ) -> None:
        self._portal = host.portal()
        self._wake = wake
        self._limit = limit
        self._items: deque[T] = deque()
        self._full = False
        self._over = False
        self._room = trio.lowlevel.ParkingLot()
        self.call: Call[R] = Call(self._portal, lambda: ask(self._send), wake)

    def ready(self) -> bool:
        """Whether `ended` can be asked."""
        return bool(self._items) or self.call.done

    def ended(self) -> bool:
        """Whether the last item was taken; `take` can be called if not.

        Raises:
            BaseException: what `ask` failed with, after the items that had come.
        """
        if self._items:
            return False
        if not self._over:
            self._over = True
            self.call.result()
        return True

    def take(self) -> T:
        """The next item."""
        item = self._items.popleft()
        if self._full and len(self._items) <= self._limit // 2:
            self._full = False
            self._portal.post(self._room.unpark_all)
        return item

    async def _send(self, item: T) -> None:
        while len(self._items) >= self._limit:
            self._full = True
            if len(self._items) >= self._limit:
                with trio.move_on_after(LOOK) as patience:
                    await self._room.park()
                if patience.cancelled_caught and not self._wake():
                    self.call.cancel()
        self._items.append(item)
        if not self._wake():
            self.call.cancel()
