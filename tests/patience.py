"""Waiting for what nobody tells of, and time that a busy machine does not use up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from typing import Any

import trio
from trio.testing import MockClock

RATE = 0.02
"""Seconds of a slow clock in a real one."""


async def until(true: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until something is true, at most so many seconds."""
    with trio.fail_after(seconds):
        while not true():  # noqa: ASYNC110 - nobody tells of it
            await trio.sleep(0.002)


def on_slow_clock(test: Callable[..., Any]) -> Callable[..., None]:
    """Run an `async def` test on a clock that goes slowly: what is well is not late, however busy the machine is.

    So a short time by this clock is a promise that can be tested. Where something is waited for that does not come,
    `jumping` saves the time.
    """

    @wraps(test)
    def run(**given: Any) -> None:
        trio.run(partial(test, **given), clock=MockClock(rate=RATE), strict_exception_groups=True)

    return run


@contextmanager
def jumping() -> Iterator[None]:
    """Have a slow clock jump to the next deadline meanwhile, whenever nothing happens for a moment."""
    clock = trio.lowlevel.current_clock()
    assert isinstance(clock, MockClock)
    clock.autojump_threshold = 0.05
    try:
        yield
    finally:
        clock.autojump_threshold = float("inf")


def jump(seconds: float) -> None:
    """Have a slow clock show so much more."""
    clock = trio.lowlevel.current_clock()
    assert isinstance(clock, MockClock)
    clock.jump(seconds)
