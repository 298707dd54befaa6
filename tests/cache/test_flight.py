"""Single flight, beside a model: whoever comes and goes, each gets the whole answer, and it is asked once."""

from __future__ import annotations

from typing import Any

import pytest
import trio
import trio.lowlevel
from hypothesis import given, settings
from hypothesis import strategies as st

from claif.cache.flight import Flight
from claif.errors import RateLimitError
from claif.models import Attempt, CacheHit, Event, Query, TextDelta
from claif.pipeline.run import Run

PIECES = [TextDelta(str(number)) for number in range(6)]


def run() -> Run:
    return Run(Query("x"))


class Rider:
    def __init__(self) -> None:
        self.run = run()
        self.scope = trio.CancelScope()
        self.got: list[Event] = []
        self.led: bool | None = None
        self.error: BaseException | None = None

    async def ride(self, flight: Flight) -> None:
        async def emit(event: Event) -> None:
            self.got.append(event)
            await trio.lowlevel.checkpoint()

        with self.scope:
            try:
                self.led = await flight.ride(self.run, emit)
            except RateLimitError as error:
                self.error = error


@pytest.mark.mock_clock
async def test_a_late_rider_gets_what_came_before() -> None:
    flight, first, late = Flight(run()), Rider(), Rider()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(first.ride, flight)
        await trio.sleep(1)
        for piece in PIECES[:3]:
            await flight.emit(piece)
        await trio.sleep(1)
        assert first.got == PIECES[:3], "the stream is live"
        nursery.start_soon(late.ride, flight)
        await trio.sleep(1)
        assert late.got == PIECES[:3]
        for piece in PIECES[3:]:
            await flight.emit(piece)
        flight.end()
    assert first.got == late.got == PIECES
    assert (first.led, late.led) == (True, False)


@pytest.mark.mock_clock
async def test_each_is_told_who_answers_before_the_first_event() -> None:
    flight, rider = Flight(run()), Rider()
    seen: list[Any] = []

    async def emit(_event: Event) -> None:
        seen.append((rider.run.provider, rider.run.model))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(flight.ride, rider.run, emit)
        await trio.sleep(1)
        flight.run.provider, flight.run.model = "openai", "gpt"
        await flight.emit(PIECES[0])
        flight.end()
    assert seen == [("openai", "gpt")]


@pytest.mark.mock_clock
async def test_each_gets_an_error_of_its_own_after_what_had_come() -> None:
    flight, riders = Flight(run()), [Rider(), Rider()]
    failure = RateLimitError("Slow down.", retry_after=7)
    async with trio.open_nursery() as nursery:
        for rider in riders:
            nursery.start_soon(rider.ride, flight)
        await trio.sleep(1)
        await flight.emit(PIECES[0])
        flight.end(failure)
    errors = [rider.error for rider in riders]
    assert [str(error) for error in errors] == ["Slow down."] * 2
    assert errors[0] is not errors[1]
    assert isinstance(errors[0], RateLimitError)
    assert errors[0].retry_after == 7
    assert all(rider.got == PIECES[:1] for rider in riders)


@pytest.mark.mock_clock
async def test_what_is_known_of_the_flight_is_added_to_what_each_knows() -> None:
    flight, rider = Flight(run()), Rider()
    rider.run.attempts.append(Attempt("before"))
    flight.run.attempts.append(Attempt("it"))
    flight.run.cached = CacheHit("k", 1.0, "sqlite")
    flight.end()
    await rider.ride(flight)
    assert [attempt.provider for attempt in rider.run.attempts] == ["before", "it"]
    assert rider.run.cached == CacheHit("k", 1.0, "sqlite")


@pytest.mark.mock_clock
async def test_what_is_no_error_of_ours_is_everybodys() -> None:
    flight, failure = Flight(run()), RuntimeError("oops")
    flight.end(failure)
    for _ in range(2):
        with pytest.raises(RuntimeError) as caught:
            await flight.ride(run(), emit_nothing)
        assert caught.value is failure


async def emit_nothing(_event: Event) -> None:
    raise AssertionError("nothing came")


@pytest.mark.mock_clock
async def test_when_the_leader_leaves_the_next_one_leads() -> None:
    flight, leader, follower = Flight(run()), Rider(), Rider()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(leader.ride, flight)
        await trio.sleep(1)
        nursery.start_soon(follower.ride, flight)
        await trio.sleep(1)
        leader.scope.cancel()
        await trio.sleep(1)
        assert flight.leads(follower.run)
        assert not flight.scope.cancel_called
        await flight.emit(PIECES[0])
        flight.end()
    assert (leader.led, follower.led, follower.got) == (None, True, PIECES[:1])


@pytest.mark.mock_clock
async def test_when_the_last_one_leaves_nobody_wants_the_answer() -> None:
    flight, riders = Flight(run()), [Rider(), Rider()]
    async with trio.open_nursery() as nursery:
        for rider in riders:
            nursery.start_soon(rider.ride, flight)
        await trio.sleep(1)
        riders[0].scope.cancel()
        await trio.sleep(1)
        assert not flight.scope.cancel_called
        riders[1].scope.cancel()
        await trio.sleep(1)
        assert flight.scope.cancel_called
        assert not len(flight)


@pytest.mark.mock_clock
async def test_one_that_has_ended_is_not_cancelled_afterwards() -> None:
    flight, rider = Flight(run()), Rider()
    flight.end()
    await rider.ride(flight)
    assert (rider.got, flight.scope.cancel_called, rider.led) == ([], False, False)


STEPS = st.lists(
    st.one_of(
        st.just(("join", 0)),
        st.tuples(st.just("leave"), st.integers(0, 9)),
        st.just(("emit", 0)),
        st.tuples(st.just("wait"), st.integers(1, 3)),
    ),
    min_size=41,
    max_size=60,
)


@settings(max_examples=250, deadline=None)
@given(STEPS, st.booleans())
@pytest.mark.mock_clock
async def test_whoever_stays_has_everything_and_whoever_goes_has_a_beginning(steps: list[Any], fails: bool) -> None:
    """More than ten thousand steps of joining, leaving and emitting, in any order."""
    flight = Flight(run())
    riders: list[Rider] = []
    model: list[Rider] = []
    sent: list[Event] = []
    failure = RateLimitError("Slow down.") if fails else None
    async with trio.open_nursery() as nursery:
        for what, number in steps:
            if what == "join" and not flight.scope.cancel_called:
                riders.append(Rider())
                model.append(riders[-1])
                nursery.start_soon(riders[-1].ride, flight)
                await trio.sleep(0.01)
            elif what == "leave" and model:
                gone = model.pop(number % len(model))
                gone.scope.cancel()
                await trio.sleep(0.01)
                assert flight.scope.cancel_called is not bool(model)
            elif what == "emit":
                sent.append(TextDelta(str(len(sent))))
                await flight.emit(sent[-1])
            elif what == "wait":
                await trio.sleep(number)
                assert all(rider.got == sent for rider in model)
            assert len(flight) == len(model)
            assert all(flight.leads(rider.run) is (rider is model[0]) for rider in model)
        flight.end(failure)
    for rider in riders:
        stayed = rider in model
        assert rider.got == (sent if stayed else sent[: len(rider.got)])
        assert (rider.error is not None) is (stayed and fails)
        assert rider.led == ((rider is model[0]) if stayed and not fails else None)
