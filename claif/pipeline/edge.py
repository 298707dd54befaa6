"""The edge: where events leave the pipeline for a consumer that pulls them."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

import trio

T = TypeVar("T")

LIMIT = 64
"""Events that wait for the consumer before the provider has to wait too."""


class Edge(Generic[T]):
    """A bounded queue between producers and one consumer that parks a task only when it is full or empty."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._events: deque[T] = deque()
        self._reader = trio.lowlevel.ParkingLot()
        self._writer = trio.lowlevel.ParkingLot()
        self._ended = False
        self._error: BaseException | None = None

    async def send(self, event: T) -> None:
        """Hand an event over; wait while `limit` events are waiting."""
        while len(self._events) >= self._limit:
            await self._writer.park()
        self._events.append(event)
        if self._reader:
            self._reader.unpark()

    def end(self, error: BaseException | None = None) -> None:
        """No event will follow; the consumer gets `error` after the events that wait."""
        self._ended, self._error = True, error
        self._reader.unpark_all()

    async def wait(self) -> None:
        """Wait until there is an event to take, or the end."""
        while not self._events and not self._ended:
            await self._reader.park()

    def __aiter__(self) -> Edge[T]:
        return self

    async def __anext__(self) -> T:
        while not self._events:
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            if self._ended:
                raise StopAsyncIteration
            await self._reader.park()
        event = self._events.popleft()
        if self._writer and len(self._events) <= self._limit // 2:
            self._writer.unpark_all()
        return event
