"""The pool lends each process to one query at a time, and never one that is not well."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from attrs import define, field
from transport.process.support import ECHO, NASTY, marked, new_mark, processes_in, start, survivors

from claif.errors import ProviderRuntimeError
from claif.transport.process.pool import HEALTH_TIMEOUT, Pool, PoolStats
from claif.transport.process.process import Process
from claif.transport.process.shelf import ShelfLimits


@define(eq=False)
class FakeProcess:
    """As much of a process as the pool knows."""

    alive: bool = True
    quiet: bool = True
    size: int = 1000
    ended: str = ""
    disturbed: Callable[[], None] | None = None

    def memory(self) -> int:
        return self.size

    def when_disturbed(self, call: Callable[[], None] | None) -> None:
        self.disturbed = call

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

    async def healthy(self) -> bool:
        if self.hang:
            await trio.sleep_forever()
        return self.well

    async def interrupt(self) -> None:
        self.interrupted += 1
        if self.hang:
            await trio.sleep_forever()
        if not self.well:
            raise ProviderRuntimeError("it does not listen")


@define
class Starter:
    """Starts drivers, and knows them all."""

    made: list[FakeDriver] = field(factory=list)
    seconds: float = 0.0

    async def __call__(self) -> FakeDriver:
        await trio.sleep(self.seconds)
        self.made.append(FakeDriver())
        return self.made[-1]


@pytest.fixture
def starter() -> Starter:
    return Starter()


@asynccontextmanager
async def pool_of(**limits: int) -> AsyncIterator[Pool]:
    """A pool, and a nursery that ends with it."""
    async with trio.open_nursery() as nursery:
        yield Pool(nursery, ShelfLimits(**limits))
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()


async def use(pool: Pool, start: Callable[[], Awaitable[FakeDriver]], key: str = "k", keep: float = 60) -> FakeDriver:
    """One query."""
    async with pool.lease(key, start) as lease:
        await trio.lowlevel.checkpoint()
        lease.keep(keep)
        return lease.value


@pytest.mark.mock_clock
async def test_a_process_that_is_kept_is_used_again_by_who_has_the_same_key(starter: Starter) -> None:
    async with pool_of() as pool:
        async with pool.lease("k", starter) as lease:
            assert not lease.warm
            lease.keep(60)
        async with pool.lease("k", starter) as again:
            assert again.warm
            assert again.turns == 1
            assert again.value is lease.value
            assert pool.stats() == PoolStats(busy=1, idle=0, started=1, reused=1)
            again.keep(60)
        assert await use(pool, starter, "other") is not lease.value
        assert pool.stats() == PoolStats(busy=0, idle=2, started=2, reused=1)


@pytest.mark.mock_clock
async def test_two_at_the_same_time_get_two(starter: Starter) -> None:
    async with pool_of() as pool, pool.lease("k", starter) as one, pool.lease("k", starter) as other:
        assert one.value is not other.value


@pytest.mark.mock_clock
@pytest.mark.parametrize("keep", [None, 0.0])
async def test_one_that_is_not_kept_is_closed_in_the_background(starter: Starter, keep: float | None) -> None:
    async with pool_of() as pool:
        async with pool.lease("k", starter) as lease:
            if keep is not None:
                lease.keep(keep)
        await trio.testing.wait_all_tasks_blocked()
        assert lease.value.process.ended == "closed"
        assert pool.stats().idle == 0


@pytest.mark.mock_clock
@pytest.mark.parametrize("listens", [True, False])
async def test_after_a_failure_it_is_interrupted_and_killed(starter: Starter, listens: bool) -> None:
    async with pool_of() as pool:
        with pytest.raises(ZeroDivisionError):
            async with pool.lease("k", starter) as lease:
                lease.keep(60)
                lease.value.well = listens
                raise ZeroDivisionError
        assert lease.value.interrupted == 1
        assert lease.value.process.ended == "killed"
        assert pool.stats() == PoolStats(busy=0, idle=0, started=1, reused=0)


@pytest.mark.mock_clock
async def test_after_a_cancellation_one_that_hangs_is_killed_within_a_tenth_of_a_second(starter: Starter) -> None:
    async with pool_of() as pool:
        with trio.move_on_after(10):
            async with pool.lease("k", starter) as lease:
                lease.value.hang = True
                await trio.sleep_forever()
        assert trio.current_time() == pytest.approx(10.1, abs=0.01)
        assert lease.value.process.ended == "killed"


@pytest.mark.mock_clock
async def test_a_start_that_fails_or_is_cancelled_leaves_nothing_busy() -> None:
    async def fail() -> FakeDriver:
        raise ProviderRuntimeError("no")

    async with pool_of() as pool:
        with pytest.raises(ProviderRuntimeError):
            await use(pool, fail)
        with trio.move_on_after(1):
            await use(pool, Starter(seconds=100))
        assert pool.stats() == PoolStats(busy=0, idle=0, started=0, reused=0)


@pytest.mark.mock_clock
@pytest.mark.parametrize("what", ["dead", "loud", "unwell", "hanging"])
async def test_one_that_is_not_well_is_not_lent_again(starter: Starter, what: str) -> None:
    async with pool_of() as pool:
        first = await use(pool, starter)
        first.process.alive = what != "dead"
        first.process.quiet = what != "loud"
        first.well, first.hang = what != "unwell", what == "hanging"
        second = await use(pool, starter)
        assert second is not first
        assert first.process.ended == "killed"
        assert trio.current_time() <= HEALTH_TIMEOUT + 0.1
        assert pool.stats() == PoolStats(busy=0, idle=1, started=2, reused=0)


@pytest.mark.mock_clock
@pytest.mark.parametrize("what", ["dead", "loud"])
async def test_one_that_is_not_well_when_it_comes_back_is_not_kept(starter: Starter, what: str) -> None:
    async with pool_of() as pool:
        async with pool.lease("k", starter) as lease:
            lease.keep(60)
            lease.value.process.alive = what != "dead"
            lease.value.process.quiet = what != "loud"
        await trio.testing.wait_all_tasks_blocked()
        assert lease.value.process.ended == "closed"
        assert pool.stats().idle == 0


@pytest.mark.mock_clock
async def test_an_idle_one_that_speaks_or_dies_is_dropped_at_once(starter: Starter) -> None:
    async with pool_of() as pool:
        driver = await use(pool, starter)
        assert driver.process.disturbed is not None
        driver.process.disturbed()
        assert pool.stats().idle == 0
        await trio.testing.wait_all_tasks_blocked()
        assert driver.process.ended == "killed"
        assert driver.process.disturbed is None


@pytest.mark.mock_clock
async def test_one_in_use_may_speak(starter: Starter) -> None:
    async with pool_of() as pool:
        await use(pool, starter)
        async with pool.lease("k", starter) as lease:
            assert lease.value.process.disturbed is None


@pytest.mark.mock_clock
async def test_each_is_kept_for_its_time(starter: Starter) -> None:
    async with pool_of() as pool:
        long, short = await use(pool, starter, "a", 50), await use(pool, starter, "b", 20)
        await trio.sleep(21)
        assert short.process.ended == "closed"
        assert not long.process.ended
        third = await use(pool, starter, "c", 10)
        await trio.sleep(11)
        assert third.process.ended == "closed"
        await trio.sleep(20)
        assert long.process.ended == "closed"
        assert pool.stats().idle == 0
        fourth = await use(pool, starter, "d", 10)
        await trio.sleep(11)
        assert fourth.process.ended == "closed"


@pytest.mark.mock_clock
async def test_the_oldest_go_where_too_many_are_kept(starter: Starter) -> None:
    async with pool_of(each=2, total=3) as pool:
        async with pool.lease("k", starter) as one, pool.lease("k", starter) as two, pool.lease("k", starter) as three:
            for lease in (one, two, three):
                lease.keep(60)
        await trio.testing.wait_all_tasks_blocked()
        assert [lease.value.process.ended for lease in (three, two, one)] == ["closed", "", ""]
        await use(pool, starter, "a")
        await use(pool, starter, "b")
        await trio.testing.wait_all_tasks_blocked()
        assert two.value.process.ended == "closed"
        assert pool.stats().idle == 3


@pytest.mark.mock_clock
async def test_one_that_has_worked_much_or_grown_large_goes(starter: Starter) -> None:
    async with pool_of(turns=3, memory=5000) as pool:
        first = [await use(pool, starter) for _ in range(4)]
        assert first[0] is first[2] is not first[3]
        first[3].process.size = 6000
        assert await use(pool, starter) is first[3]
        await trio.testing.wait_all_tasks_blocked()
        assert first[3].process.ended == "closed"


@pytest.mark.mock_clock
async def test_one_that_was_started_ahead_is_waited_for(starter: Starter) -> None:
    starter.seconds = 5
    async with pool_of() as pool:
        pool.prewarm("k", starter, 60)
        pool.prewarm("k", starter, 60)
        await trio.sleep(1)
        async with pool.lease("k", starter) as lease:
            assert trio.current_time() == pytest.approx(5)
            assert not lease.warm
            lease.keep(60)
        pool.prewarm("k", starter, 60)
        await trio.sleep(10)
        assert len(starter.made) == 1
        assert pool.stats() == PoolStats(busy=0, idle=1, started=1, reused=1)


@pytest.mark.mock_clock
async def test_a_start_ahead_that_fails_harms_nobody(starter: Starter) -> None:
    async def fail() -> FakeDriver:
        await trio.sleep(1)
        raise ProviderRuntimeError("no")

    async with pool_of() as pool:
        pool.prewarm("k", fail, 60)
        await trio.testing.wait_all_tasks_blocked()
        assert await use(pool, starter)
        assert len(starter.made) == 1


@pytest.mark.mock_clock
async def test_a_closed_pool_keeps_nothing(starter: Starter) -> None:
    async with pool_of() as pool:
        async with pool.lease("k", starter) as lease:
            lease.keep(60)
            pool.close()
        pool.prewarm("k", starter, 60)
        await trio.testing.wait_all_tasks_blocked()
        assert lease.value.process.ended == "closed"
        assert len(starter.made) == 1


@define(eq=False)
class Echo:
    """Speaks with a real process."""

    process: Process

    async def healthy(self) -> bool:
        await self.process.send({"well": True})
        return await self.process.receive() == {"echo": {"well": True}}

    async def interrupt(self) -> None:
        await self.process.send({"stop": True})


async def test_a_real_process_is_used_again_dropped_when_it_dies_and_gone_after_a_cancellation(tmp_path: Path) -> None:
    mark = new_mark()

    async def begin() -> Echo:
        return Echo(await start(processes, ECHO, tmp_path, mark=mark))

    async def nasty() -> Echo:
        return Echo(await start(processes, NASTY, tmp_path, mark=mark))

    async with processes_in(tmp_path) as processes:
        pool = processes.pool
        pids = []
        for number in range(3):
            async with pool.lease("k", begin) as lease:
                assert lease.turns == number
                await lease.value.process.send({"n": number})
                assert await lease.value.process.receive() == {"echo": {"n": number}}
                pids.append(lease.value.process.pid)
                lease.keep(60)
        assert len(set(pids)) == 1
        os.kill(pids[0], signal.SIGKILL)
        while pool.stats().idle:  # noqa: ASYNC110 - nobody tells of it
            await trio.sleep(0.01)
        async with pool.lease("k", begin) as lease:
            assert lease.value.process.pid != pids[0]
            lease.keep(60)
        with trio.CancelScope() as scope:
            async with pool.lease("nasty", nasty) as lease2:
                await lease2.value.process.receive()
                scope.cancel()
                await trio.sleep_forever()
        assert len(marked(mark)) == 1
    assert not survivors(mark)
