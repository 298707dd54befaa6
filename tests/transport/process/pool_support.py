"""A pool, and drivers that speak with nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import trio
from attrs import define, field

from claif.errors import ProviderRuntimeError
from claif.transport.process.pool import Pool
from claif.transport.process.pool_key import PoolKey
from claif.transport.process.shelf import ShelfLimits

KEY = PoolKey("k")


@define(eq=False)
class FakeProcess:
    """As much of a process as the pool knows."""

    alive: bool = True
    quiet: bool = True
    size: int = 1000
    ended: str = ""
    disturbed: Callable[[], None] | None = None
    left: Mapping[str, Any] | None = None

    def memory(self) -> int:
        return self.size

    def when_disturbed(self, call: Callable[[], None] | None) -> None:
        self.disturbed = call

    async def leave(self, what: Mapping[str, Any]) -> bool:
        if self.quiet:
            self.left = what
        return self.quiet

    async def close(self) -> None:
        self.alive, self.ended = False, self.ended or "closed"

    async def kill(self) -> None:
        self.alive, self.ended = False, self.ended or "killed"


@define(eq=False)
class FakeDriver:
    """Speaks with nobody."""

    process: FakeProcess = field(factory=FakeProcess)
    well: bool = True
    interrupted: int = 0
    hang: bool = False
    goes_on: bool = False
    renewing: float = 0.0
    renewed: int = 0

    async def healthy(self) -> bool:
        if self.hang:
            await trio.sleep_forever()
        return self.well

    async def renew(self) -> bool:
        await trio.sleep(self.renewing)
        self.renewed += 1
        return await self.healthy()

    async def interrupt(self) -> bool:
        self.interrupted += 1
        if self.hang:
            await trio.sleep_forever()
        if not self.well:
            raise ProviderRuntimeError("it does not listen")
        return self.goes_on

    def state(self) -> Mapping[str, Any]:
        return {"renewed": self.renewed}


@define
class Starter:
    """Starts drivers, and knows them all."""

    made: list[FakeDriver] = field(factory=list)
    seconds: float = 0.0

    async def __call__(self) -> FakeDriver:
        await trio.sleep(self.seconds)
        self.made.append(FakeDriver())
        return self.made[-1]


@asynccontextmanager
async def pool_of(**limits: int) -> AsyncIterator[Pool]:
    """A pool, and a nursery that ends with it."""
    async with trio.open_nursery() as nursery:
        yield Pool(nursery, ShelfLimits(**limits))
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()


async def use(
    pool: Pool, start: Callable[[], Awaitable[FakeDriver]], key: PoolKey = KEY, keep: float = 60
) -> FakeDriver:
    """One query."""
    async with pool.lease(key, start) as lease:
        await trio.lowlevel.checkpoint()
        lease.keep(keep)
        return lease.value
