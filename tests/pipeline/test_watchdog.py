"""The watchdog cancels what is late, on time, and nothing else; all times are virtual."""

from __future__ import annotations

from math import inf

import pytest
import trio

from claif.pipeline.watchdog import Deadline, Watch, Watchdog

pytestmark = pytest.mark.mock_clock


async def run_until_late(watchdog: Watchdog, watch: Watch | Deadline, script=trio.sleep_forever) -> float:
    watchdog.add(watch)
    with watch.scope:
        await script()
    watchdog.remove(watch)
    return trio.current_time()


@pytest.mark.parametrize(
    ("limits", "seconds", "phase"),
    [
        ({"connect": 3, "first": 9}, 3, "connect"),
        ({"first": 7}, 7, "connect"),
        ({"connect": inf, "first": inf}, None, ""),
    ],
)
async def test_connecting_is_limited(limits: dict[str, float], seconds: float | None, phase: str) -> None:
    watchdog = Watchdog()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watchdog.run)
        start = trio.current_time()
        watch = Watch(**limits)
        with trio.move_on_after(1000) as patience:
            end = await run_until_late(watchdog, watch)
            assert end - start == pytest.approx(seconds)
        assert patience.cancelled_caught is (seconds is None)
        assert (watch.reason or "") == phase
        nursery.cancel_scope.cancel()


async def test_each_phase_has_its_own_clock_and_touching_starts_the_idle_clock_anew() -> None:
    watchdog = Watchdog()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watchdog.run)
        start = trio.current_time()
        watch = Watch(connect=2, first=5, idle=3)

        async def script() -> None:
            await trio.sleep(1.9)
            watch.connected()
            await trio.sleep(4.9)
            watch.begin()
            for _ in range(10):
                await trio.sleep(2.9)
                watch.touch()
            await trio.sleep_forever()

        end = await run_until_late(watchdog, watch, script)
        assert end - start == pytest.approx(1.9 + 4.9 + 29 + 3)
        assert watch.reason == "idle"
        assert "3 s" in str(watch.error())
        nursery.cancel_scope.cancel()


async def test_a_paused_watch_is_never_late() -> None:
    watchdog = Watchdog()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watchdog.run)
        watch = Watch(idle=1)
        watch.begin()

        async def script() -> None:
            watch.pause()
            await trio.sleep(500)
            watch.resume()
            await trio.sleep_forever()

        start = trio.current_time()
        assert await run_until_late(watchdog, watch, script) - start == pytest.approx(501)
        nursery.cancel_scope.cancel()


async def test_an_earlier_deadline_wakes_the_watchdog_earlier() -> None:
    watchdog = Watchdog()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watchdog.run)
        slow, start = Deadline(100), trio.current_time()
        watchdog.add(slow)
        await trio.sleep(1)
        quick = Deadline(2)
        assert await run_until_late(watchdog, quick) - start == pytest.approx(3)
        assert slow.reason is None
        nursery.cancel_scope.cancel()


async def test_many_watches_are_each_cancelled_at_their_own_time() -> None:
    watchdog, ends = Watchdog(), {}
    start = trio.current_time()

    async def one(seconds: float) -> None:
        ends[seconds] = await run_until_late(watchdog, Deadline(seconds)) - start

    async with trio.open_nursery() as nursery:
        nursery.start_soon(watchdog.run)
        async with trio.open_nursery() as inner:
            for seconds in range(1, 200):
                inner.start_soon(one, seconds)
        nursery.cancel_scope.cancel()
    assert all(end == pytest.approx(seconds) for seconds, end in ends.items())
    assert len(ends) == 199


@pytest.mark.parametrize(("first", "seconds", "phase"), [(5, 6, "first event"), (inf, 4, "idle")])
async def test_an_agent_that_only_says_that_it_is_there_has_not_begun_to_answer(
    first: float, seconds: float, phase: str
) -> None:
    watchdog = Watchdog()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watchdog.run)
        start = trio.current_time()
        watch = Watch(first=first, idle=3)

        async def script() -> None:
            watch.connected()
            await trio.sleep(1)
            watch.begin()
            watch.await_answer()
            await trio.sleep_forever()

        assert await run_until_late(watchdog, watch, script) - start == pytest.approx(seconds)
        assert watch.reason == phase
        nursery.cancel_scope.cancel()
