"""The pool: processes that are kept warm for the next query, one query at a time each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import trio
from attrs import define, frozen

from ...errors import ClaifError
from ...logs import logger
from .coming import Arrival, Coming
from .lease import D, Lease, Warm
from .renewal import Renewal, finish
from .shelf import Kept, Shelf, ShelfLimits

if TYPE_CHECKING:
    from ..broker.client import Adopted
    from .pool_key import PoolKey
    from .process import Process

INTERRUPT_TIMEOUT = 0.1
"""Seconds that a program has to stop by its own protocol before it is killed."""
HEALTH_TIMEOUT = 2.0
"""Seconds in which a warm program must show that it is well, and in which it must be ready for the next query."""


@frozen
class PoolStats:
    """What the pool does for one owner.

    Args:
        busy: processes in use.
        idle: processes that wait, or get ready for that.
        started: processes that were started in all.
        reused: uses of a process that was there already.
    """

    busy: int
    idle: int
    started: int
    reused: int


@define
class _Counts:
    """What has to be counted for an owner."""

    busy: int = 0
    started: int = 0
    reused: int = 0


class Elsewhere(Protocol):
    """Where processes come from that other clients have left."""

    async def take(self, key: PoolKey) -> Adopted | None:
        """One that fits."""


class Pool:
    """Lends processes; who needs one that fits another's key gets that, else a new one is started.

    Args:
        nursery: where processes are started ahead, get ready, and are ended.
        limits: how many are kept.
        elsewhere: asked for a process before one is started.
    """

    def __init__(
        self, nursery: trio.Nursery, limits: ShelfLimits | None = None, *, elsewhere: Elsewhere | None = None
    ) -> None:
        self._elsewhere = elsewhere
        self._nursery = nursery
        self._shelf: Shelf[PoolKey, Lease[Warm]] = Shelf(limits)
        self._coming: Coming[PoolKey, Lease[Warm]] = Coming(self._put)
        self._renewals: set[Renewal] = set()
        self._sleep: trio.CancelScope | None = None
        self._counts: dict[str, _Counts] = {}
        self._closed = False

    def stats(self, owner: str) -> PoolStats:
        """What the pool does for an owner now."""
        counts = self._of(owner)
        idle = sum(key.owner == owner for key in (*self._shelf.keys(), *self._coming.expected()))
        return PoolStats(counts.busy, idle, counts.started, counts.reused)

    @asynccontextmanager
    async def lease(
        self,
        key: PoolKey,
        start: Callable[[], Awaitable[D]],
        adopt: Callable[[Process, Mapping[str, Any]], D] | None = None,
    ) -> AsyncIterator[Lease[D]]:
        """Use a process for one query.

        Left without `keep`, the process is ended, gently and in the background. Left by a failure or a cancellation, it
        is interrupted, and ended at once unless it can go on.

        Args:
            key: what a process must fit.
            start: starts a new one.
            adopt: speaks with one that another client has left, and whose driver had this state.
        """
        counts = self._of(key.owner)
        counts.busy += 1
        try:
            lease = await self._fitting(key, adopt) or Lease(await self._start(key, start))
            try:
                yield lease
            except BaseException:
                with trio.CancelScope(shield=True):
                    if not await self._stopped(lease.value):
                        raise
                self._give_back(key, lease)
                raise
            self._give_back(key, lease)
        finally:
            counts.busy -= 1

    def prewarm(self, key: PoolKey, start: Callable[[], Awaitable[D]], seconds: float) -> None:
        """Start a process ahead, in the background, unless one that fits is idle or coming.

        Args:
            key: what it will fit.
            start: starts it.
            seconds: how long it is kept.
        """
        if not self._closed and not self._shelf.has(key) and not self._coming.expects(key):
            self._bring(key, partial(self._started_ahead, key, start, seconds))

    def forget(self, key: PoolKey) -> None:
        """End the idle processes of a key, gently and in the background."""
        while (kept := self._shelf.take(key, trio.current_time())) is not None:
            self._end_all([kept])
        while (arrival := self._coming.claim(key)) is not None:
            self._nursery.start_soon(self._when_here, arrival, _close)

    async def leave(self) -> None:
        """Leave all that wait to other clients, and those that get ready as early as they can finish it.

        Nothing is kept from now on.
        """
        leases = [(kept.key, kept.item) for kept in self._shelf.all()]
        for _, lease in leases:
            self._shelf.drop(lease)
            lease.value.process.when_disturbed(None)
        async with trio.open_nursery() as nursery:
            for key in self._coming.expected():
                if (arrival := self._coming.claim(key)) is not None:
                    nursery.start_soon(self._when_here, arrival, partial(self._leave, key))
            for renewal in self._renewals:
                renewal.cut()
            for key, lease in leases:
                nursery.start_soon(self._leave, key, lease)

    def close(self) -> None:
        """Keep nothing from now on. Whoever owns the processes ends them."""
        self._closed = True
        if self._sleep is not None:
            self._sleep.cancel()

    def _of(self, owner: str) -> _Counts:
        return self._counts.setdefault(owner, _Counts())

    async def _start(self, key: PoolKey, start: Callable[[], Awaitable[D]]) -> D:
        value = await start()
        self._of(key.owner).started += 1
        return value

    def _bring(self, key: PoolKey, make: Callable[[], Awaitable[Lease[Warm] | None]]) -> None:
        """Have something made ready in the background, for who waits for it or for the shelf."""
        arrival = self._coming.announce(key)

        async def bring() -> None:
            lease = None
            try:
                lease = await make()
            except ClaifError as error:
                logger.debug("a process did not get ready: {}", error)
            finally:
                self._coming.arrive(arrival, lease)

        self._nursery.start_soon(bring)

    async def _started_ahead(self, key: PoolKey, start: Callable[[], Awaitable[Warm]], seconds: float) -> Lease[Warm]:
        return Lease(await self._start(key, start), seconds=seconds)

    async def _renewed(self, renewal: Renewal) -> Lease[Warm] | None:
        lease = renewal.lease
        try:
            if lease.worn_out:
                self._nursery.start_soon(lease.value.process.close)
                return None
            return lease if await self._passes(lease, renewal.run) else None
        finally:
            self._renewals.discard(renewal)

    async def _fitting(self, key: PoolKey, adopt: Callable[[Process, Mapping[str, Any]], D] | None) -> Lease[D] | None:
        """A process that fits and is well."""
        while (lease := await self._next(key) or await self._adopted(key, adopt)) is not None:
            if await self._passes(lease, partial(finish, lease) if lease.renewing else lease.value.healthy):
                self._of(key.owner).reused += 1
                lease.seconds = 0.0
                return lease  # type: ignore[return-value] # what has the same key was started by the same driver
        return None

    async def _next(self, key: PoolKey) -> Lease[Warm] | None:
        """An idle process that fits, else the first that is coming."""
        if (kept := self._shelf.take(key, trio.current_time())) is not None:
            kept.item.value.process.when_disturbed(None)
            return kept.item
        while (arrival := self._coming.claim(key)) is not None:
            if (lease := await self._coming.wait(arrival)) is not None:
                return lease
        return None

    async def _adopted(
        self, key: PoolKey, adopt: Callable[[Process, Mapping[str, Any]], D] | None
    ) -> Lease[Warm] | None:
        """A process that another client has left."""
        if self._elsewhere is None or adopt is None or (found := await self._elsewhere.take(key)) is None:
            return None
        try:
            return Lease(adopt(found.process, found.state), turns=found.turns, renewing=found.renewing)
        except (KeyError, TypeError, ValueError) as error:
            logger.warning("a process that was left cannot be gone on with: {}", error)
            self._nursery.start_soon(found.process.kill)
            return None

    async def _passes(self, lease: Lease[Warm], check: Callable[[], Awaitable[bool]]) -> bool:
        """Whether a process is well, and quiet when that was checked; if not it is ended, gently if only loud then."""
        well = usable = False
        try:
            with trio.move_on_after(HEALTH_TIMEOUT):
                well = lease.usable and await check()
                usable = well and lease.usable
        except ClaifError:
            pass
        finally:
            if not usable:
                process = lease.value.process
                self._nursery.start_soon(process.close if well else process.kill)
        return usable

    def _give_back(self, key: PoolKey, lease: Lease[D]) -> None:
        lease.turns += 1
        lease.renewing = True
        if lease.seconds > 0 and lease.usable and not self._closed:
            renewal = Renewal(lease)  # type: ignore[arg-type] # as `_fitting` gives it
            self._renewals.add(renewal)
            self._bring(key, partial(self._renewed, renewal))
        else:
            self._nursery.start_soon(lease.value.process.close)

    def _put(self, key: PoolKey, lease: Lease[Warm]) -> None:
        """Let it wait on the shelf."""
        if self._closed:
            self._nursery.start_soon(lease.value.process.close)
            return
        lease.value.process.when_disturbed(partial(self._disturbed, lease))
        until = trio.current_time() + lease.seconds
        self._end_all(self._shelf.put(Kept(key=key, item=lease, until=until)))
        if self._sleep is None:
            self._sleep = trio.CancelScope()
            self._nursery.start_soon(self._expire)
        else:
            self._sleep.cancel()

    def _disturbed(self, lease: Lease[Warm]) -> None:
        """It died, or says something that nobody has asked for and that must not get into another query."""
        if self._shelf.drop(lease):
            lease.value.process.when_disturbed(None)
            self._nursery.start_soon(lease.value.process.kill)

    def _end_all(self, thrown: list[Kept[PoolKey, Lease[Warm]]]) -> None:
        for kept in thrown:
            process = kept.item.value.process
            process.when_disturbed(None)
            self._nursery.start_soon(process.close)

    async def _when_here(
        self, arrival: Arrival[PoolKey, Lease[Warm]], do: Callable[[Lease[Warm]], Awaitable[None]]
    ) -> None:
        if (lease := await self._coming.wait(arrival)) is not None:
            await do(lease)

    async def _leave(self, key: PoolKey, lease: Lease[Warm]) -> None:
        what = {"owner": key.owner, "key": key.what.hex(), "seconds": lease.seconds, "turns": lease.turns}
        what |= {"renewing": lease.renewing, "state": lease.value.state()}
        if await lease.value.process.leave(what):
            return
        if lease.renewing and await self._passes(lease, partial(finish, lease)):
            # It has answered just now; one that is deaf fails there, and is ended.
            await self._leave(key, lease)
        else:
            await _close(lease)

    async def _expire(self) -> None:
        try:
            while (until := self._shelf.next_expiry()) is not None and not self._closed:
                self._sleep = trio.CancelScope(deadline=until)
                with self._sleep:
                    await trio.sleep_forever()
                self._end_all(self._shelf.expire(trio.current_time()))
        finally:
            self._sleep = None

    async def _stopped(self, value: Warm) -> bool:
        """Interrupt it; whether it can go on, otherwise it is ended."""
        usable = False
        try:
            with trio.move_on_after(INTERRUPT_TIMEOUT):
                usable = await value.interrupt()
        except Exception as error:
            logger.debug("a program could not be interrupted: {}", error)
        finally:
            if not usable:
                await value.process.kill()  # noqa: ASYNC102 - shielded and bounded itself
        return usable


async def _close(lease: Lease[Warm]) -> None:
    await lease.value.process.close()
