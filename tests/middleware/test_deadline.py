"""The whole query has so many seconds, whatever happens in it; all times are virtual."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import inf

import pytest
import trio
from middleware.support import events_of, says

from claif.errors import TimeoutError
from claif.middleware.deadline import deadline_layer
from claif.models import Options, Query, TextDelta
from claif.pipeline.types import Emit, Handler, Slot
from claif.pipeline.watchdog import Watchdog

pytestmark = pytest.mark.mock_clock


@asynccontextmanager
async def watchdog() -> AsyncIterator[Watchdog]:
    dog = Watchdog()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(dog.run)
        yield dog
        nursery.cancel_scope.cancel()


def sleeper(seconds: float) -> Handler:
    async def handler(query: Query, emit: Emit) -> None:
        await emit(TextDelta("a"))
        await trio.sleep(seconds)
        await emit(TextDelta("b"))

    return handler


def asks(timeout: float | None) -> Query:
    return Query("hi", options=Options(timeout=timeout))


@pytest.mark.parametrize(
    ("default", "asked", "limit"), [(5, None, 5), (5, 9, 9), (5, 2, 2), (inf, 3, 3), (0.5, None, 0.5)]
)
async def test_the_querys_own_limit_counts_or_else_that_of_the_configuration(
    default: float, asked: float | None, limit: float
) -> None:
    async with watchdog() as dog:
        handler = deadline_layer(dog, default).wrap(sleeper(1000))
        start = trio.current_time()
        with pytest.raises(TimeoutError) as caught:
            await events_of(handler, asks(asked))
        assert trio.current_time() - start == pytest.approx(limit)
        assert str(caught.value).startswith(f"The answer was not complete within {limit:g} s.")
        assert not dog._watches


@pytest.mark.parametrize(("default", "asked"), [(5, None), (1, 5), (inf, None), (5, inf)])
async def test_what_is_in_time_is_left_alone(default: float, asked: float | None) -> None:
    async with watchdog() as dog:
        handler = deadline_layer(dog, default).wrap(sleeper(4.9))
        assert await events_of(handler, asks(asked)) == [TextDelta("a"), TextDelta("b")]
        assert not dog._watches


async def test_without_a_limit_nothing_is_watched() -> None:
    async with watchdog() as dog:
        seen = []
        await events_of(
            deadline_layer(dog, inf).wrap(says(TextDelta("x"))), also=lambda _: seen.append(set(dog._watches))
        )
        assert seen == [set()]
        await events_of(
            deadline_layer(dog, 5).wrap(says(TextDelta("x"))), also=lambda _: seen.append(set(dog._watches))
        )
        assert len(seen[1]) == 1


async def test_an_error_goes_through_and_leaves_nothing_behind() -> None:
    async with watchdog() as dog:
        with pytest.raises(ValueError, match="mine"):
            await events_of(deadline_layer(dog, 5).wrap(says(ValueError("mine"))))
        assert not dog._watches


async def test_the_layer_stands_at_its_slot_under_its_name() -> None:
    layer = deadline_layer(Watchdog(), 5)
    assert (layer.slot, layer.name, layer.distribution, layer.order) == (Slot.DEADLINE, "deadline", "claif", 0)
