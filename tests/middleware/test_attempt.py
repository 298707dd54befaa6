"""One attempt: its limits for connecting, the first event and silence, and whose failure it is; times are virtual."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import trio
from attrs import evolve
from middleware.support import events_of, says

from claif.config import ProviderSettings
from claif.errors import AuthenticationError, ProviderRuntimeError, TimeoutError
from claif.middleware.attempt import attempt_layer, provider_end
from claif.models import Notice, Query, TextDelta
from claif.pipeline.failures import Downstream
from claif.pipeline.run import Run
from claif.pipeline.types import Emit, Handler, Slot
from claif.pipeline.watchdog import Watchdog, current_watch

pytestmark = pytest.mark.mock_clock

LIMITS = ProviderSettings(connect_timeout=2, first_event_timeout=10, idle_timeout=5)
A, B = TextDelta("a"), TextDelta("b")


@asynccontextmanager
async def watchdog() -> AsyncIterator[Watchdog]:
    dog = Watchdog()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(dog.run)
        yield dog
        nursery.cancel_scope.cancel()


def new_run(query: Query | None = None) -> Run:
    run = Run(query or Query("hi"))
    run.provider, run.model, run.limits = "mine", "large", LIMITS
    return run


def provider(query: Handler) -> Handler:
    """The end of the chain, for a provider that does this."""
    return provider_end(SimpleNamespace(query=query))


def script(*steps: Any) -> Handler:
    """A provider that emits events, sleeps seconds, and tells its watch what the transport would."""

    async def query(query: Query, emit: Emit) -> None:
        for step in steps:
            if isinstance(step, (int, float)):
                await trio.sleep(step)
            elif step == "connected":
                current_watch.get().connected()
            elif step == "touch":
                current_watch.get().touch()
            else:
                await emit(step)

    return provider(query)


async def how_long(handler: Handler, query: Query | None = None) -> tuple[float, TimeoutError | None, Run]:
    """When the attempt ended, what it raised, and the run."""
    async with watchdog() as dog:
        run, start, error = new_run(query), trio.current_time(), None
        try:
            await events_of(attempt_layer(dog).wrap(handler), query, run=run)
        except TimeoutError as caught:
            error = caught
        assert not dog._watches
        assert current_watch.get() is None
        return trio.current_time() - start, error, run


@pytest.mark.parametrize(
    ("steps", "seconds", "says"),
    [
        ([100], 2, "No connection to the provider within 2 s."),
        ([1, "connected", 100], 11, "did not begin to answer within 10 s"),
        ([1, "connected", "touch", 9, "touch", 100], 11, "did not begin to answer within 10 s"),
        ([1, "connected", 1, A, 100], 7, "sent nothing for 5 s in the middle"),
        ([1, A, 4, "touch", 4, "touch", 100], 14, "sent nothing for 5 s in the middle"),
        ([1, A, 4, B, 100], 10, "sent nothing for 5 s in the middle"),
        ([1, "connected", 1, Notice("warning", "busy"), 100], 12, "did not begin to answer within 10 s"),
        ([Notice("warning", "busy"), 100], 2, "No connection to the provider within 2 s."),
    ],
)
async def test_each_phase_has_its_limit_and_the_error_says_which(steps: list[Any], seconds: float, says: str) -> None:
    needed, error, run = await how_long(script(*steps))
    assert needed == pytest.approx(seconds)
    assert error is not None
    assert says in error.message
    assert (error.provider, error.model) == ("mine", "large")
    assert len(run.attempts) == 1


@pytest.mark.parametrize("steps", [[1.9, "connected", 9.9, A, 4.9, "touch", 4.9, B, 4.9], [A], [1.9]])
async def test_an_attempt_that_is_in_time_is_left_alone(steps: list[Any]) -> None:
    _, error, run = await how_long(script(*steps))
    assert error is None
    assert len(run.attempts) == 1


async def test_an_answer_in_one_piece_may_take_as_long_as_it_takes() -> None:
    needed, error, _ = await how_long(script(1, "connected", 500, A), Query("hi", stream=False))
    assert error is None
    assert needed == pytest.approx(501)


async def test_but_its_connection_and_a_silence_within_it_are_limited() -> None:
    assert (await how_long(script(100), Query("hi", stream=False)))[0] == pytest.approx(2)
    assert (await how_long(script(1, A, 100), Query("hi", stream=False)))[0] == pytest.approx(6)


async def test_the_consumers_time_is_not_the_providers_silence() -> None:
    async with watchdog() as dog:
        run, start = new_run(), trio.current_time()

        async def slow(event: object) -> None:
            await trio.sleep(60)

        handler = attempt_layer(dog).wrap(script(1, A, 4.9, B, 4.9))
        from claif.pipeline.run import current_run

        token = current_run.set(run)
        await handler(run.query, slow)
        current_run.reset(token)
        assert trio.current_time() - start == pytest.approx(130.8)


async def test_attempts_are_counted() -> None:
    run = new_run()
    layer = attempt_layer(Watchdog())
    for _ in range(3):
        await events_of(layer.wrap(script(A)), run=run)
    assert [(one.provider, one.model, one.error) for one in run.attempts] == [("mine", "large", None)] * 3


async def test_the_layer_is_the_innermost_one() -> None:
    layer = attempt_layer(Watchdog())
    assert (layer.slot, layer.order, layer.name, layer.distribution) == (Slot.ATTEMPT, 100, "attempt", "claif")
    assert max(Slot) is Slot.ATTEMPT


async def raised_by(error: BaseException, run: Run | None = None) -> BaseException:
    with pytest.raises(type(error) if not isinstance(error, Exception) else Exception) as caught:
        await events_of(provider(says(error)), run=run or new_run())
    return caught.value


async def test_what_a_provider_raises_names_it() -> None:
    error = AuthenticationError("no")
    assert await raised_by(error) is error
    assert (error.provider, error.model) == ("mine", "large")
    named = AuthenticationError("no", provider="other", model="small")
    await raised_by(named)
    assert (named.provider, named.model) == ("other", "small")


async def test_a_group_of_one_error_is_that_error_with_its_group_as_the_cause() -> None:
    error = AuthenticationError("no")
    group = ExceptionGroup("in a nursery", [error])
    assert await raised_by(group) is error
    assert error.__cause__ is group
    assert error.provider == "mine"


async def test_what_is_no_error_of_claif_becomes_one() -> None:
    cause = ValueError("bad number")
    error = await raised_by(cause)
    assert type(error) is ProviderRuntimeError
    assert error.message == "The provider mine failed: ValueError: bad number"
    assert (error.provider, error.model) == ("mine", "large")
    assert error.__cause__ is cause


async def test_several_errors_at_once_become_one_that_has_them() -> None:
    group = ExceptionGroup("two", [ValueError("a"), KeyError("b")])
    error = await raised_by(group)
    assert isinstance(error, ProviderRuntimeError)
    assert "ExceptionGroup: two (2 sub-exceptions)" in error.message
    assert error.__cause__ is group


async def test_what_is_no_exception_goes_through() -> None:
    for error in (KeyboardInterrupt(), SystemExit(3)):
        assert await raised_by(error) is error
    group = BaseExceptionGroup("both", [KeyboardInterrupt(), SystemExit()])
    assert await raised_by(group) is group
    alone = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt) as caught:
        await events_of(provider(says(BaseExceptionGroup("one", [alone]))), run=new_run())
    assert caught.value is alone
    assert caught.value.__suppress_context__


async def test_a_consumers_error_passes_the_provider_which_is_not_blamed() -> None:
    mine = ValueError("the consumer's")

    def fail(event: object) -> None:
        raise mine

    with pytest.raises(Downstream) as caught:
        await events_of(provider(says(A)), run=new_run(), also=fail)
    assert caught.value.error is mine
    assert caught.value.__cause__ is mine


async def test_after_a_consumers_error_the_clock_runs_again() -> None:
    async with watchdog() as dog:
        start = trio.current_time()

        async def stubborn(query: Query, emit: Emit) -> None:
            try:
                await emit(A)
            except BaseException:
                await trio.sleep(100)

        def fail(event: object) -> None:
            raise ValueError

        with pytest.raises(TimeoutError):
            await events_of(attempt_layer(dog).wrap(provider(stubborn)), run=new_run(), also=fail)
        assert trio.current_time() - start == pytest.approx(5)


async def test_without_a_watch_a_provider_can_be_asked_too() -> None:
    assert await events_of(provider(says(A, B)), run=new_run()) == [A, B]


async def test_settings_without_limits_limit_nothing() -> None:
    free = evolve(LIMITS, connect_timeout=1e9, first_event_timeout=1e9, idle_timeout=1e9)
    async with watchdog() as dog:
        run = new_run()
        run.limits = free
        assert await events_of(attempt_layer(dog).wrap(script(5000, A, 5000, B)), run=run) == [A, B]
