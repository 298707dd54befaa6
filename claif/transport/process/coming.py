"""What is coming: processes that are started ahead or get ready for the next query, and who waits for them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import trio

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Arrival(Generic[K, T]):
    """One thing that is on its way.

    Args:
        key: what it fits.
    """

    def __init__(self, key: K) -> None:
        self.key = key
        self.claimed = False
        self.here = trio.Event()
        self.item: T | None = None


class Coming(Generic[K, T]):
    """Things that are on their way; each is for the one who claims it first, else it goes on the shelf.

    Args:
        keep: puts on the shelf what nobody waits for.
    """

    def __init__(self, keep: Callable[[K, T], None]) -> None:
        self._keep = keep
        self._arrivals: list[Arrival[K, T]] = []

    def expected(self) -> list[K]:
        """The keys of all."""
        return [arrival.key for arrival in self._arrivals]

    def expects(self, key: K) -> bool:
        """Whether something is coming that fits and nobody waits for."""
        return any(arrival.key == key and not arrival.claimed for arrival in self._arrivals)

    def announce(self, key: K) -> Arrival[K, T]:
        """Something that fits will come; `arrive` must be called in the end."""
        arrival: Arrival[K, T] = Arrival(key)
        self._arrivals.append(arrival)
        return arrival

    def arrive(self, arrival: Arrival[K, T], item: T | None) -> None:
        """It is here, or will never be (`None`)."""
        self._arrivals.remove(arrival)
        arrival.item = item
        arrival.here.set()
        if item is not None and not arrival.claimed:
            self._keep(arrival.key, item)

    def claim(self, key: K) -> Arrival[K, T] | None:
        """What fits and nobody else waits for."""
        for arrival in self._arrivals:
            if arrival.key == key and not arrival.claimed:
                arrival.claimed = True
                return arrival
        return None

    async def wait(self, arrival: Arrival[K, T]) -> T | None:
        """Wait for what was claimed; `None` if it will never be here. Whoever gives up leaves it to others."""
        try:
            await arrival.here.wait()
        except BaseException:
            arrival.claimed = False
            if arrival.item is not None:
                self._keep(arrival.key, arrival.item)
            raise
        return arrival.item
