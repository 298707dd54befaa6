"""Cancelling an asyncio task cancels the portal's side at once, and the task ends after it."""

from __future__ import annotations

import asyncio
import gc
import time
from random import Random

import pytest
import trio
from faces.loops import Loop
from faces.support import GUARD, Probe, endless, given, hang, one_then_hang

from claif.aio import Client
from claif.api import ClientClosedError, Emit, Query, TextDelta


async def cleans_up(query: Query, emit: Emit, probe: Probe) -> None:
    try:
        await trio.sleep_forever()
    finally:
        with trio.CancelScope(shield=True):
            await trio.sleep(0.02)


@pytest.mark.parametrize("act", [hang, cleans_up, one_then_hang, endless])
def test_a_cancelled_task_ends_after_the_provider(loop: Loop, act) -> None:
    async def main() -> None:
        probe = Probe(act)
        async with Client(**given(probe)) as client:
            task = asyncio.ensure_future(client.query("hi"))
            assert await asyncio.to_thread(probe.reached.wait, GUARD)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert (probe.running, probe.cancelled) == (0, 1)

    loop.run(main)


def test_a_task_that_is_cancelled_again_and_again_still_ends_after_the_provider(loop: Loop) -> None:
    async def main() -> None:
        probe = Probe(cleans_up)
        async with Client(**given(probe)) as client:
            task = asyncio.ensure_future(client.query("hi"))
            assert await asyncio.to_thread(probe.reached.wait, GUARD)
            while not task.done():
                task.cancel()
                await asyncio.sleep(0)
            assert task.cancelled()
            assert probe.running == 0

    loop.run(main)


def test_asyncio_timeout_cancels_the_provider(loop: Loop) -> None:
    async def main() -> None:
        probe = Probe(one_then_hang)
        async with Client(**given(probe)) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.02):
                    await client.query("hi")
            assert probe.running == 0
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.02), client.stream("hi") as stream:
                    async for _ in stream:
                        pass
            assert probe.running == 0
            task = asyncio.current_task()
            assert task is not None
            assert task.cancelling() == 0

    loop.run(main)


def test_a_timeout_round_one_step_of_a_stream_loses_no_event(loop: Loop) -> None:
    async def in_two_parts(query: Query, emit: Emit, probe: Probe) -> None:
        await emit(TextDelta("one"))
        await probe.go.wait()
        await emit(TextDelta("two"))

    async def main() -> None:
        probe = Probe(in_two_parts)
        probe.go = trio.Event()
        texts = []
        async with Client(**given(probe)) as client, client.stream("hi") as stream:
            events = aiter(stream)
            while True:
                try:
                    async with asyncio.timeout(0.02):
                        event = await anext(events, None)
                except TimeoutError:
                    client._host.portal().post(probe.go.set)
                    continue
                if event is None:
                    break
                if isinstance(event, TextDelta):
                    texts.append(event.text)
        assert texts == ["one", "two"]

    loop.run(main)


def test_leaving_a_stream_early_cancels_the_provider_before_the_block_is_left(loop: Loop) -> None:
    async def main() -> None:
        probe = Probe(one_then_hang)
        async with Client(**given(probe)) as client:
            async with client.stream("hi") as stream:
                async for event in stream:
                    if isinstance(event, TextDelta):
                        break
            assert (probe.running, probe.cancelled) == (0, 1)
            with pytest.raises(KeyError):
                async with client.stream("hi") as stream:
                    await anext(aiter(stream))
                    raise KeyError
            assert (probe.running, probe.cancelled) == (0, 2)

    loop.run(main)


def test_the_failure_of_a_sibling_in_a_task_group_cancels_the_provider(loop: Loop) -> None:
    async def main() -> None:
        probe = Probe(hang)

        async def fail() -> None:
            await asyncio.to_thread(probe.reached.wait, GUARD)
            raise KeyError

        async with Client(**given(probe)) as client:
            with pytest.raises(ExceptionGroup) as caught:
                async with asyncio.TaskGroup() as group:
                    group.create_task(client.query("hi"))
                    group.create_task(fail())
            assert [type(error) for error in caught.value.exceptions] == [KeyError]
            assert probe.running == 0

    loop.run(main)


def test_closing_the_client_ends_what_runs_with_a_typed_error(loop: Loop) -> None:
    async def main() -> None:
        probe = Probe(one_then_hang)
        async with Client(**given(probe)) as client:
            task = asyncio.ensure_future(client.query("hi"))
            assert await asyncio.to_thread(probe.reached.wait, GUARD)
            await client.aclose()
            with pytest.raises(ClientClosedError):
                await task

    loop.run(main)


def test_an_event_loop_that_is_closed_without_a_word_leaves_nothing_running(loop: Loop) -> None:
    probe = Probe(endless)
    client = Client(**given(probe))

    async def begin() -> None:
        async with client.stream("hi") as stream:
            async for _ in stream:
                pass

    running = loop.new()
    task = running.create_task(begin())
    running.call_soon(lambda: None)
    until = time.monotonic() + GUARD
    while not probe.reached.is_set() and time.monotonic() < until:
        running.run_until_complete(asyncio.wait({task}, timeout=0.02))
    running.close()
    task._log_destroy_pending = False
    del task
    gc.collect()
    assert probe.over.wait(GUARD)
    loop.run(client.aclose)
    assert probe.running == 0


def test_cancelling_at_any_moment_leaks_nothing_and_loses_no_cancellation(loop: Loop) -> None:
    async def main() -> None:
        async def quick(query: Query, emit: Emit, probe: Probe) -> None:
            for number in range(3):
                await emit(TextDelta(str(number)))
                await trio.lowlevel.checkpoint()

        random = Random(1)
        probe = Probe(quick)
        async with Client(**given(probe)) as client:

            async def one(kind: int) -> None:
                if kind:
                    await client.query("hi")
                else:
                    async with client.stream("hi") as stream:
                        async for _ in stream:
                            pass

            ends = {"cancelled": 0, "finished": 0}
            for number in range(300):
                task = asyncio.ensure_future(one(number % 2))
                for _ in range(random.randrange(40)):
                    await asyncio.sleep(0)
                asked = task.cancel()
                try:
                    await task
                    ends["finished"] += 1
                    assert not asked
                except asyncio.CancelledError:
                    ends["cancelled"] += 1
            assert ends["cancelled"]
            assert (await client.query("hi")).text == "012"
            assert probe.running == 0
            assert not client._host.portal()._calls

    loop.run(main)
