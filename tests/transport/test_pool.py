"""Shards: filled in order, added when all are full, closed when nobody has used them for a while."""

from __future__ import annotations

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from claif.transport.pool import KEEPALIVE, SHARD, Pool, Shard


class Empty:
    """In place of an httpcore2 pool."""

    def __init__(self) -> None:
        self.closed = 0

    async def aclose(self) -> None:
        self.closed += 1


def new_pool() -> tuple[Pool, list[Empty]]:
    """A pool and all shards that it ever makes."""
    made: list[Empty] = []

    def make() -> Empty:
        made.append(Empty())
        return made[-1]

    return Pool(make), made  # type: ignore[arg-type] # only `aclose` is used


@pytest.mark.mock_clock
async def test_a_shard_is_added_when_all_others_are_full() -> None:
    pool, made = new_pool()
    shards = [pool.acquire() for _ in range(3 * SHARD)]
    assert [shard.busy for shard in pool.shards] == [SHARD] * 3
    await pool.release(shards[0])
    assert pool.acquire() is shards[0]
    assert len(made) == 3


@pytest.mark.mock_clock
async def test_a_shard_that_nobody_used_for_a_while_is_closed_but_the_first_one_stays() -> None:
    pool, made = new_pool()
    shards = [pool.acquire() for _ in range(3 * SHARD)]
    for shard in shards:
        await pool.release(shard)
    await trio.sleep(3 * KEEPALIVE)
    await pool.release(pool.acquire())
    assert [shard.closed for shard in made] == [0, 1, 1]
    assert len(pool.shards) == 1


@pytest.mark.mock_clock
async def test_a_retired_shard_is_closed_when_its_last_exchange_is_over() -> None:
    pool, made = new_pool()
    first, second = pool.acquire(), pool.acquire()
    assert first is second
    pool.retire(first)
    pool.retire(first)
    assert pool.acquire() is not first
    await pool.release(first)
    assert made[0].closed == 0
    await pool.release(second)
    assert made[0].closed == 1


@pytest.mark.mock_clock
async def test_a_fresh_shard_has_no_connections() -> None:
    pool, made = new_pool()
    pool.acquire()
    assert pool.acquire(fresh=True).pool is made[1]


@pytest.mark.mock_clock
async def test_closing_closes_all_shards_once_also_the_retired_ones() -> None:
    pool, made = new_pool()
    busy = pool.acquire()
    pool.retire(busy)
    pool.acquire()
    await pool.aclose()
    await pool.aclose()
    assert [shard.closed for shard in made] == [1, 1]


@settings(max_examples=60)
@given(st.lists(st.sampled_from(["acquire", "fresh", "release", "retire", "wait"]), max_size=120))
def test_whatever_happens_the_counts_are_right_and_nothing_stays_open(steps: list[str]) -> None:
    async def main() -> None:
        pool, made = new_pool()
        held: list[Shard] = []
        for step in steps:
            if step in {"acquire", "fresh"}:
                held.append(pool.acquire(fresh=step == "fresh"))
            elif step == "wait":
                await trio.sleep(KEEPALIVE)
            elif held:
                shard = held.pop(0)
                if step == "retire":
                    pool.retire(shard)
                await pool.release(shard)
            assert all(shard.busy == held.count(shard) for shard in pool.shards)
            assert not any(shard.pool.closed for shard in held)  # type: ignore[attr-defined] # it is an `Empty`
        while held:
            await pool.release(held.pop())
        await pool.aclose()
        assert all(shard.closed for shard in made)

    trio.run(main, clock=MockClock(autojump_threshold=0))
