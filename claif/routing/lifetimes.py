"""When providers begin and end: made at their first use, disconnected once nobody uses them and nobody will."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import trio

from .generations import Generation, Generations

if TYPE_CHECKING:
    from ..plugin.lazy_provider import LazyProvider


class Lifetimes:
    """The living providers of a client.

    Args:
        nursery: the client's; providers that were replaced are disconnected in it.
        make: makes the provider of a name, which is not connected yet.
    """

    def __init__(self, nursery: trio.Nursery, make: Callable[[str], LazyProvider]) -> None:
        self._nursery = nursery
        self._make = make
        self._living: Generations[LazyProvider] = Generations()
        self._ending: set[trio.Event] = set()
        self.closed = False

    def get(self, name: str) -> LazyProvider:
        """The provider of a name; it may be disconnected as soon as the caller waits, unless it was taken."""
        lazy = self._living.look(name)
        if lazy is None:
            lazy = self._make(name)
            self._living.put(name, lazy)
        return lazy

    def take(self, name: str) -> Generation[LazyProvider]:
        """The provider of a name, which stays connected until it is given back."""
        self.get(name)
        return self._living.take(name)

    def give_back(self, taken: Generation[LazyProvider]) -> None:
        """Use it no longer."""
        self._end(self._living.give_back(taken))

    def put(self, name: str, lazy: LazyProvider) -> None:
        """From now on this one is taken; the one before ends once all who have taken it have given it back."""
        self._end(self._living.put(name, lazy))

    def remove(self, name: str) -> None:
        """From now on none is taken; the one before ends once all who have taken it have given it back."""
        self._end(self._living.remove(name))

    async def close(self) -> None:
        """Disconnect all, at the same time, and wait for those that are being disconnected; bounded."""
        self.closed = True
        async with trio.open_nursery() as nursery:
            for lazy in self._living:
                nursery.start_soon(lazy.close)
            for ended in list(self._ending):
                nursery.start_soon(ended.wait)

    def _end(self, lazy: LazyProvider | None) -> None:
        if lazy is None or self.closed:
            return
        ended = trio.Event()
        self._ending.add(ended)
        self._nursery.start_soon(self._disconnect, lazy, ended)

    async def _disconnect(self, lazy: LazyProvider, ended: trio.Event) -> None:
        try:
            await lazy.close()  # shielded and bounded itself
        finally:
            self._ending.discard(ended)
            ended.set()
