"""The pool: a connection belongs to one exchange at a time, is kept while it is good, and closed otherwise."""

from __future__ import annotations

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from claif.transport.pool import KEEPALIVE, Pool


class Connection:
    """In place of one of httpcore2; `whole` says whether its answer has been read to the end."""

    def __init__(self) -> None:
        self.whole = True
        self.closed = False
        self.used = trio.current_time()

    def is_available(self) -> bool:
        self.used = trio.current_time()
        return self.whole and not self.closed

    def has_expired(self) -> bool:
        return self.closed or trio.current_time() > self.used + KEEPALIVE

    async def aclose(self) -> None:
        self.closed = True
        await trio.lowlevel.checkpoint()


def new_pool() -> tuple[Pool, list[Connection]]:
    """A pool and all connections that it ever makes."""
    made: list[Connection] = []

    async def connect() -> Connection:
        made.append(Connection())
        return made[-1]

    return Pool(connect), made


@pytest.mark.mock_clock
async def test_the_connection_that_was_used_last_is_used_first() -> None:
    pool, made = new_pool()
    first, second = await pool.acquire(), await pool.acquire()
    assert [first, second] == made
    await pool.release(second)
    await pool.release(first)
    assert await pool.acquire() is first
    assert await pool.acquire() is second


@pytest.mark.mock_clock
async def test_a_connection_whose_answer_was_not_read_whole_is_closed_even_when_cancelled() -> None:
    pool, made = new_pool()
    connection = await pool.acquire()
    made[0].whole = False
    with trio.CancelScope() as scope:
        scope.cancel()
        await pool.release(connection)
    assert made[0].closed
    assert not pool.busy
    assert not pool.idle


@pytest.mark.mock_clock
async def test_connections_that_nobody_used_for_a_while_are_closed_and_not_used_again() -> None:
    pool, made = new_pool()
    for connection in [await pool.acquire() for _ in range(3)]:
        await pool.release(connection)
    await trio.sleep(2 * KEEPALIVE)
    fresh = await pool.acquire()
    assert fresh not in made[:3]
    await pool.release(fresh)
    assert [connection.closed for connection in made] == [True, True, True, False]
    assert list(pool.idle) == [fresh]


@pytest.mark.mock_clock
async def test_a_fresh_connection_is_new_although_others_wait() -> None:
    pool, made = new_pool()
    await pool.release(await pool.acquire())
    assert await pool.acquire(fresh=True) is made[1]
    assert await pool.acquire() is made[0]


@pytest.mark.mock_clock
async def test_closing_closes_all_and_what_comes_back_later_is_closed_too() -> None:
    pool, made = new_pool()
    busy = await pool.acquire()
    await pool.release(await pool.acquire())
    await pool.aclose()
    await pool.aclose()
    assert [connection.closed for connection in made] == [True, True]
    made[0].closed = False
    await pool.release(busy)
    assert made[0].closed
    assert not pool.idle


@settings(max_examples=60)
@given(st.lists(st.sampled_from(["acquire", "fresh", "release", "break", "wait"]), max_size=120))
def test_whatever_happens_nobody_shares_a_connection_and_nothing_stays_open(steps: list[str]) -> None:
    async def main() -> None:
        pool, made = new_pool()
        held: list[Connection] = []
        for step in steps:
            if step in {"acquire", "fresh"}:
                held.append(await pool.acquire(fresh=step == "fresh"))
            elif step == "wait":
                await trio.sleep(KEEPALIVE)
            elif held:
                connection = held.pop(0)
                connection.whole = step == "release"
                await pool.release(connection)
            assert len(set(held)) == len(held)
            assert pool.busy == set(held)
            assert not any(connection.closed for connection in [*held, *pool.idle])
            assert {connection for connection in made if not connection.closed} == {*held, *pool.idle}
        await pool.aclose()
        assert all(connection.closed for connection in made)

    trio.run(main, clock=MockClock(autojump_threshold=0))
