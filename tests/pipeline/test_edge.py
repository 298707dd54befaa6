"""The edge hands events over in order, makes a fast producer wait, and ends with what the producer ended with."""

from __future__ import annotations

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from claif.models import TextDelta
from claif.pipeline.edge import Edge


async def collect(edge: Edge) -> list[str]:
    return [event.text async for event in edge]


@given(count=st.integers(0, 300), limit=st.integers(1, 70), pauses=st.sets(st.integers(0, 300)))
async def test_every_event_arrives_once_and_in_order(count: int, limit: int, pauses: set[int]) -> None:
    edge = Edge(limit)

    async def produce() -> None:
        for number in range(count):
            if number in pauses:
                await trio.lowlevel.checkpoint()
            await edge.send(TextDelta(str(number)))
        edge.end()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(produce)
        assert await collect(edge) == [str(number) for number in range(count)]


async def test_a_producer_waits_when_the_edge_is_full() -> None:
    edge = Edge(2)
    sent: list[int] = []

    async def produce() -> None:
        for number in range(10):
            await edge.send(TextDelta(str(number)))
            sent.append(number)
        edge.end()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(produce)
        await trio.testing.wait_all_tasks_blocked()
        assert sent == [0, 1]
        assert len(await collect(edge)) == 10


async def test_the_error_comes_after_the_events_and_once() -> None:
    edge = Edge()
    await edge.send(TextDelta("a"))
    edge.end(RuntimeError("gone"))
    assert (await anext(edge)) == TextDelta("a")
    with pytest.raises(RuntimeError, match="gone"):
        await anext(edge)
    with pytest.raises(StopAsyncIteration):
        await anext(edge)


async def test_a_cancelled_consumer_leaves_nothing_parked() -> None:
    edge = Edge(1)
    with trio.move_on_after(0):
        await anext(edge)
    await edge.send(TextDelta("a"))
    with trio.move_on_after(0):
        await edge.send(TextDelta("b"))
    edge.end()
    assert await collect(edge) == ["a"]
