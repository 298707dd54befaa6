"""The pool lends each process to one query at a time, and never one that is not well."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import define
from transport.process.pool_support import KEY, FakeDriver, Starter, pool_of, use
from transport.process.support import ECHO, NASTY, marked, new_mark, processes_in, start, survivors

from claif.errors import ProviderRuntimeError
from claif.transport.process import pool as pool_module
from claif.transport.process.pool import HEALTH_TIMEOUT, PoolStats
from claif.transport.process.pool_key import PoolKey
from claif.transport.process.process import Process
from claif.transport.process.shelf import Wear


@pytest.mark.mock_clock
async def test_a_process_that_is_kept_is_used_again_by_who_has_the_same_key(starter: Starter) -> None:
    async with pool_of() as pool:
        async with pool.lease(KEY, starter) as lease:
            assert lease.turns == 0
            lease.keep(60)
        async with pool.lease(KEY, starter) as again:
            assert again.turns == 1
            assert again.value is lease.value
            assert pool.stats("k") == PoolStats(busy=1, idle=0, started=1, reused=1)
            again.keep(60)
        assert await use(pool, starter, PoolKey("k", b"other")) is not lease.value
        assert pool.stats("k") == PoolStats(busy=0, idle=2, started=2, reused=1)
        await trio.testing.wait_all_tasks_blocked()
        assert lease.value.renewed == 2


@pytest.mark.mock_clock
async def test_two_at_the_same_time_get_two(starter: Starter) -> None:
    async with (
        pool_of() as pool,
        pool.lease(KEY, starter) as one,
        pool.lease(KEY, starter) as other,
    ):
        assert one.value is not other.value


@pytest.mark.mock_clock
@pytest.mark.parametrize("keep", [None, 0.0])
async def test_one_that_is_not_kept_is_closed_in_the_background(starter: Starter, keep: float | None) -> None:
    async with pool_of() as pool:
        async with pool.lease(KEY, starter) as lease:
            if keep is not None:
                lease.keep(keep)
        await trio.testing.wait_all_tasks_blocked()
        assert lease.value.process.ended == "closed"
        assert pool.stats("k").idle == 0


@pytest.mark.mock_clock
@pytest.mark.parametrize("listens", [True, False])
async def test_after_a_failure_it_is_interrupted_and_killed(starter: Starter, listens: bool) -> None:
    async with pool_of() as pool:
        with pytest.raises(ZeroDivisionError):
            async with pool.lease(KEY, starter) as lease:
                lease.keep(60)
                lease.value.well = listens
                raise ZeroDivisionError
        assert lease.value.interrupted == 1
        assert lease.value.process.ended == "killed"
        assert pool.stats("k") == PoolStats(busy=0, idle=0, started=1, reused=0)


@pytest.mark.mock_clock
async def test_after_a_cancellation_one_that_hangs_is_killed_within_a_tenth_of_a_second(starter: Starter) -> None:
    async with pool_of() as pool:
        with trio.move_on_after(10):
            async with pool.lease(KEY, starter) as lease:
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
        assert pool.stats("k") == PoolStats(busy=0, idle=0, started=0, reused=0)


@pytest.mark.mock_clock
@pytest.mark.parametrize("what", ["dead", "loud", "unwell", "hanging"])
async def test_one_that_is_not_well_is_not_lent_again(starter: Starter, what: str) -> None:
    async with pool_of() as pool:
        first = await use(pool, starter)
        await trio.testing.wait_all_tasks_blocked()
        first.process.alive = what != "dead"
        first.process.quiet = what != "loud"
        first.well, first.hang = what != "unwell", what == "hanging"
        second = await use(pool, starter)
        assert second is not first
        assert first.process.ended == "killed"
        assert trio.current_time() <= HEALTH_TIMEOUT + 0.1
        assert pool.stats("k") == PoolStats(busy=0, idle=1, started=2, reused=0)


@pytest.mark.mock_clock
@pytest.mark.parametrize("what", ["dead", "loud"])
async def test_one_that_is_not_well_when_it_comes_back_is_not_kept(starter: Starter, what: str) -> None:
    async with pool_of() as pool:
        async with pool.lease(KEY, starter) as lease:
            lease.keep(60)
            lease.value.process.alive = what != "dead"
            lease.value.process.quiet = what != "loud"
        await trio.testing.wait_all_tasks_blocked()
        assert lease.value.process.ended == "closed"
        assert pool.stats("k").idle == 0


@pytest.mark.mock_clock
async def test_an_idle_one_that_speaks_or_dies_is_dropped_at_once(starter: Starter) -> None:
    async with pool_of() as pool:
        driver = await use(pool, starter)
        await trio.testing.wait_all_tasks_blocked()
        assert driver.process.disturbed is not None
        driver.process.disturbed()
        assert pool.stats("k").idle == 0
        await trio.testing.wait_all_tasks_blocked()
        assert driver.process.ended == "killed"
        assert driver.process.disturbed is None


@pytest.mark.mock_clock
async def test_one_in_use_may_speak(starter: Starter) -> None:
    async with pool_of() as pool:
        await use(pool, starter)
        async with pool.lease(KEY, starter) as lease:
            assert lease.value.process.disturbed is None


@pytest.mark.mock_clock
async def test_each_is_kept_for_its_time(starter: Starter) -> None:
    async with pool_of() as pool:
        long, short = await use(pool, starter, PoolKey("k", b"a"), 50), await use(pool, starter, PoolKey("k", b"b"), 20)
        await trio.sleep(21)
        assert short.process.ended == "closed"
        assert not long.process.ended
        third = await use(pool, starter, PoolKey("k", b"c"), 10)
        await trio.sleep(11)
        assert third.process.ended == "closed"
        await trio.sleep(20)
        assert long.process.ended == "closed"
        assert pool.stats("k").idle == 0
        fourth = await use(pool, starter, PoolKey("k", b"d"), 10)
        await trio.sleep(11)
        assert fourth.process.ended == "closed"


@pytest.mark.mock_clock
async def test_the_oldest_go_where_too_many_are_kept(starter: Starter) -> None:
    async with pool_of(each=2, total=3) as pool:
        async with (
            pool.lease(KEY, starter) as one,
            pool.lease(KEY, starter) as two,
            pool.lease(KEY, starter) as three,
        ):
            for number, lease in enumerate((three, two, one)):
                lease.value.renewing = number / 10
                lease.keep(60)
        await trio.sleep(0.5)
        assert [lease.value.process.ended for lease in (three, two, one)] == ["closed", "", ""]
        await use(pool, starter, PoolKey("k", b"a"))
        await use(pool, starter, PoolKey("k", b"b"))
        await trio.testing.wait_all_tasks_blocked()
        assert two.value.process.ended == "closed"
        assert pool.stats("k").idle == 3


@pytest.mark.mock_clock
async def test_one_that_has_worked_much_or_grown_large_goes(starter: Starter) -> None:
    async def once(wear: Wear) -> FakeDriver:
        async with pool.lease(KEY, starter) as lease:
            lease.keep(60, wear)
        await trio.testing.wait_all_tasks_blocked()
        return lease.value

    async with pool_of() as pool:
        first = [await once(Wear(turns=3, memory=5000)) for _ in range(4)]
        assert first[0] is first[2] is not first[3]
        assert first[0].process.ended == "closed"
        first[3].process.size = 6000
        assert await once(Wear(memory=None)) is first[3]
        assert await once(Wear(memory=5000)) is first[3]
        assert first[3].process.ended == "closed"


@pytest.mark.mock_clock
async def test_a_closed_pool_keeps_nothing(starter: Starter) -> None:
    async with pool_of() as pool:
        async with pool.lease(KEY, starter) as lease:
            lease.keep(60)
            pool.close()
        pool.prewarm(KEY, starter, 60)
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

    async def renew(self) -> bool:
        return await self.healthy()

    async def interrupt(self) -> bool:
        await self.process.send({"stop": True})
        return False

    def state(self) -> Mapping[str, Any]:
        return {}


@pytest.mark.patience(120)
async def test_a_real_process_is_used_again_dropped_when_it_dies_and_gone_after_a_cancellation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "HEALTH_TIMEOUT", 20.0)
    mark = new_mark()

    async def begin() -> Echo:
        return Echo(await start(processes, ECHO, tmp_path, mark=mark))

    async def nasty() -> Echo:
        return Echo(await start(processes, NASTY, tmp_path, mark=mark))

    async with processes_in(tmp_path) as processes:
        pool = processes.pool
        pids = []
        for number in range(3):
            async with pool.lease(KEY, begin) as lease:
                assert lease.turns == number
                await lease.value.process.send({"n": number})
                assert await lease.value.process.receive() == {"echo": {"n": number}}
                pids.append(lease.value.process.pid)
                lease.keep(60)
        assert len(set(pids)) == 1
        os.kill(pids[0], signal.SIGKILL)
        while pool.stats("k").idle:  # noqa: ASYNC110 - nobody tells of it
            await trio.sleep(0.01)
        async with pool.lease(KEY, begin) as lease:
            assert lease.value.process.pid != pids[0]
            lease.keep(60)
        with trio.CancelScope() as scope:
            async with pool.lease(PoolKey("nasty"), nasty) as lease2:
                await lease2.value.process.receive()
                scope.cancel()
                await trio.sleep_forever()
        assert len(marked(mark)) == 1
    assert not survivors(mark)
