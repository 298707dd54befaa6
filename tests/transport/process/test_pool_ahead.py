"""What happens between two queries: processes get ready for the next one, or are started ahead of it."""

from __future__ import annotations

import pytest
import trio
from transport.process.pool_support import KEY, FakeDriver, Starter, pool_of, use

from claif.errors import ProviderRuntimeError
from claif.transport.process.pool import HEALTH_TIMEOUT, PoolStats
from claif.transport.process.pool_key import PoolKey


@pytest.mark.mock_clock
async def test_after_a_failure_one_that_can_go_on_is_used_again(starter: Starter) -> None:
    async with pool_of() as pool:
        with pytest.raises(ZeroDivisionError):
            async with pool.lease(KEY, starter) as lease:
                lease.keep(60)
                lease.value.goes_on = True
                raise ZeroDivisionError
        assert await use(pool, starter) is lease.value
        assert pool.stats("k") == PoolStats(busy=0, idle=1, started=1, reused=1)


@pytest.mark.mock_clock
async def test_one_that_gets_ready_for_the_next_query_is_waited_for_by_one(starter: Starter) -> None:
    async with pool_of() as pool:
        async with pool.lease(KEY, starter) as lease:
            lease.keep(60)
            lease.value.renewing = 1.5
        await trio.testing.wait_all_tasks_blocked()
        assert pool.stats("k").idle == 1
        async with trio.open_nursery() as nursery:
            got: list[FakeDriver] = []

            async def ask() -> None:
                async with pool.lease(KEY, starter) as other:
                    got.append(other.value)
                    await trio.sleep(1)

            nursery.start_soon(ask)
            nursery.start_soon(ask)
        assert trio.current_time() == pytest.approx(2.5)
        assert lease.value in got
        assert len(starter.made) == 2


@pytest.mark.mock_clock
async def test_who_gives_up_waiting_leaves_it_to_others(starter: Starter) -> None:
    async with pool_of() as pool:
        async with pool.lease(KEY, starter) as lease:
            lease.keep(60)
            lease.value.renewing = 1.5
        with trio.move_on_after(0.5):
            await use(pool, starter)
        await trio.sleep(2)
        assert pool.stats("k") == PoolStats(busy=0, idle=1, started=1, reused=0)
        assert await use(pool, starter) is lease.value


@pytest.mark.mock_clock
@pytest.mark.parametrize("what", ["unwell", "hanging"])
async def test_one_that_does_not_get_ready_is_killed_and_harms_nobody(starter: Starter, what: str) -> None:
    async with pool_of() as pool:
        async with pool.lease(KEY, starter) as lease:
            lease.keep(60)
            lease.value.well, lease.value.hang = what != "unwell", what == "hanging"
        assert await use(pool, starter) is not lease.value
        assert lease.value.process.ended == "killed"
        assert trio.current_time() <= HEALTH_TIMEOUT + 0.1


@pytest.mark.mock_clock
@pytest.mark.parametrize("settled", [True, False])
async def test_the_idle_ones_of_a_key_can_be_forgotten(starter: Starter, settled: bool) -> None:
    async with pool_of() as pool:
        one, other = await use(pool, starter), await use(pool, starter, PoolKey("k", b"other"))
        if settled:
            await trio.testing.wait_all_tasks_blocked()
        pool.forget(KEY)
        await trio.testing.wait_all_tasks_blocked()
        assert one.process.ended == "closed"
        assert not other.process.ended


@pytest.mark.mock_clock
async def test_one_that_was_started_ahead_is_waited_for(starter: Starter) -> None:
    starter.seconds = 5
    async with pool_of() as pool:
        pool.prewarm(KEY, starter, 60)
        pool.prewarm(KEY, starter, 60)
        await trio.sleep(1)
        async with pool.lease(KEY, starter) as lease:
            assert trio.current_time() == pytest.approx(5)
            assert lease.turns == 0
            lease.keep(60)
        pool.prewarm(KEY, starter, 60)
        await trio.sleep(10)
        assert len(starter.made) == 1
        assert pool.stats("k") == PoolStats(busy=0, idle=1, started=1, reused=1)


@pytest.mark.mock_clock
async def test_a_start_ahead_that_fails_harms_nobody(starter: Starter) -> None:
    async def fail() -> FakeDriver:
        await trio.sleep(1)
        raise ProviderRuntimeError("no")

    async with pool_of() as pool:
        pool.prewarm(KEY, fail, 60)
        await trio.testing.wait_all_tasks_blocked()
        assert await use(pool, starter)
        assert len(starter.made) == 1
