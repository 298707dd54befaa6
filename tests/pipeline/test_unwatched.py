"""Limits stop while a provider prepares, start anew afterwards, and are never slept through."""

from __future__ import annotations

import pytest
import trio

from claif.pipeline.watchdog import Watch, Watchdog, current_watch, unwatched

pytestmark = pytest.mark.mock_clock


async def test_what_a_provider_prepares_is_not_limited_and_the_limits_start_anew_after_it() -> None:
    watchdog = Watchdog()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watchdog.run)
        watch = Watch(connect=2, first=5, idle=3)
        watchdog.add(watch)
        start = trio.current_time()
        with watch.scope:
            token = current_watch.set(watch)
            with unwatched():
                assert current_watch.get() is None, "a connection made for the preparation must not feed the watch"
                await trio.sleep(100)
            assert current_watch.get() is watch
            current_watch.reset(token)
            await trio.sleep_forever()
        assert trio.current_time() - start == pytest.approx(102)
        assert watch.reason == "connect"
        nursery.cancel_scope.cancel()


async def test_silence_is_noticed_after_a_pause_that_was_longer_than_the_limit() -> None:
    watchdog = Watchdog()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watchdog.run)
        watch = Watch(connect=2, first=5, idle=3)
        watchdog.add(watch)
        start = trio.current_time()
        with watch.scope:
            watch.begin()
            watch.pause()
            await trio.sleep(50)
            watch.resume()
            await trio.sleep_forever()
        assert trio.current_time() - start == pytest.approx(53)
        nursery.cancel_scope.cancel()


async def test_without_a_watch_there_is_nothing_to_suspend() -> None:
    with unwatched():
        assert current_watch.get() is None
