"""The pool: processes that are kept warm for the next query, one query at a time each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import trio
from attrs import define, frozen

from ...errors import ClaifError
from ...logs import logger
from .shelf import Kept, Shelf, ShelfLimits

if TYPE_CHECKING:
    from .process import Process

INTERRUPT_TIMEOUT = 0.1
"""Seconds that a program has to stop by its own protocol before it is killed."""
HEALTH_TIMEOUT = 2.0
"""Seconds in which a warm program must show that it is well."""


class Warm(Protocol):
    """What speaks with a process that can be used again."""

    process: Process

    async def healthy(self) -> bool:
        """Whether it can take another query."""

    async def interrupt(self) -> None:
        """Have it stop what it does."""


D = TypeVar("D", bound=Warm)


@define
class Lease(Generic[D]):
    """The use of a process for one query.

    Args:
        value: what speaks with it.
        turns: how often it was used before.
        seconds: how long it is kept for the next query.
    """

    value: D
    turns: int = 0
    seconds: float = 0.0

    @property
    def warm(self) -> bool:
        """Whether it was used before."""
        return self.turns > 0

    def keep(self, seconds: float) -> None:
        """It may be used again within this time; 0 ends it."""
        self.seconds = seconds


@frozen
class PoolStats:
    """What the pool does.

    Args:
        busy: processes in use.
        idle: processes that wait.
        started: processes that were started in all.
        reused: uses of a process that was there already.
    """

    busy: int
    idle: int
    started: int
    reused: int


class Pool:
    """Lends processes; who needs one that fits another's key gets that, else a new one is started.

    Args:
        nursery: where processes are started ahead, and ended.
        limits: how many are kept.
    """

    def __init__(self, nursery: trio.Nursery, limits: ShelfLimits | None = None) -> None:
        self._nursery = nursery
        self._shelf: Shelf[Warm] = Shelf(limits)
        self._starting: dict[Hashable, trio.Event] = {}
        self._sleep: trio.CancelScope | None = None
        self._busy = self._started = self._reused = 0
        self._closed = False

    def stats(self) -> PoolStats:
        """What the pool does now."""
        return PoolStats(self._busy, len(self._shelf), self._started, self._reused)

    @asynccontextmanager
    async def lease(self, key: Hashable, start: Callable[[], Awaitable[D]]) -> AsyncIterator[Lease[D]]:
        """Use a process for one query.

        Left without `keep`, the process is ended: gently and in the background after success, at once after a failure
        or a cancellation.

        Args:
            key: what a process must have been started for to be of use.
            start: starts a new one.
        """
        self._busy += 1
        try:
            lease = await self._fitting(key) or Lease(await self._start(start))
            try:
                yield lease
            except BaseException:
                with trio.CancelScope(shield=True):
                    await self._stop(lease.value)
                raise
            self._give_back(key, lease)
        finally:
            self._busy -= 1

    def prewarm(self, key: Hashable, start: Callable[[], Awaitable[D]], seconds: float) -> None:
        """Start a process ahead, in the background, unless one that fits is idle or being started.

        Args:
            key: what it will fit.
            start: starts it.
            seconds: how long it is kept.
        """
        if key not in self._starting and not self._shelf.has(key) and not self._closed:
            started = self._starting[key] = trio.Event()
            self._nursery.start_soon(self._start_ahead, key, start, seconds, started)

    def close(self) -> None:
        """Keep nothing from now on. Whoever owns the processes ends them."""
        self._closed = True
        if self._sleep is not None:
            self._sleep.cancel()

    async def _start(self, start: Callable[[], Awaitable[D]]) -> D:
        value = await start()
        self._started += 1
        return value

    async def _start_ahead(
        self, key: Hashable, start: Callable[[], Awaitable[D]], seconds: float, started: trio.Event
    ) -> None:
        try:
            value = await self._start(start)
        except ClaifError as error:
            logger.debug("a process could not be started ahead: {}", error)
        else:
            lease = Lease(value)
            lease.keep(seconds)
            self._put(key, lease, turns=0)
        finally:
            del self._starting[key]
            started.set()

    async def _fitting(self, key: Hashable) -> Lease[D] | None:
        """A process that fits and is well."""
        if (started := self._starting.get(key)) is not None:
            await started.wait()
        while (kept := self._shelf.take(key, trio.current_time())) is not None:
            value: D = kept.item  # type: ignore[assignment] # what has the same key was started by the same driver
            value.process.when_disturbed(None)
            if await self._is_well(value):
                self._reused += 1
                return Lease(value, kept.turns)
        return None

    async def _is_well(self, value: Warm) -> bool:
        well = False
        try:
            with trio.move_on_after(HEALTH_TIMEOUT):
                well = value.process.alive and value.process.quiet and await value.healthy()
        except ClaifError:
            pass
        finally:
            if not well:
                self._nursery.start_soon(value.process.kill)
        return well

    def _give_back(self, key: Hashable, lease: Lease[D]) -> None:
        process = lease.value.process
        if lease.seconds > 0 and process.alive and process.quiet and not self._closed:
            self._put(key, lease, turns=lease.turns + 1)
        else:
            self._nursery.start_soon(process.close)

    def _put(self, key: Hashable, lease: Lease[D], *, turns: int) -> None:
        now = trio.current_time()
        process = lease.value.process
        kept: Kept[Warm] = Kept(key=key, item=lease.value, turns=turns, until=now + lease.seconds)
        process.when_disturbed(partial(self._disturbed, lease.value))
        self._end_all(self._shelf.put(kept, now, memory=process.memory()))
        if self._sleep is None:
            self._sleep = trio.CancelScope()
            self._nursery.start_soon(self._expire)
        else:
            self._sleep.cancel()

    def _disturbed(self, value: Warm) -> None:
        """It died, or says something that nobody has asked for and that must not get into another query."""
        if self._shelf.drop(value):
            value.process.when_disturbed(None)
            self._nursery.start_soon(value.process.kill)

    def _end_all(self, thrown: list[Kept[Warm]]) -> None:
        for kept in thrown:
            kept.item.process.when_disturbed(None)
            self._nursery.start_soon(kept.item.process.close)

    async def _expire(self) -> None:
        try:
            while (until := self._shelf.next_expiry()) is not None and not self._closed:
                self._sleep = trio.CancelScope(deadline=until)
                with self._sleep:
                    await trio.sleep_forever()
                self._end_all(self._shelf.expire(trio.current_time()))
        finally:
            self._sleep = None

    async def _stop(self, value: Warm) -> None:
        try:
            with trio.move_on_after(INTERRUPT_TIMEOUT):
                await value.interrupt()
        except Exception as error:
            logger.debug("a program could not be interrupted: {}", error)
        finally:
            await value.process.kill()  # noqa: ASYNC102 - shielded and bounded itself
