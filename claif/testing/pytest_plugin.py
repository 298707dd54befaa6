"""The pytest plugin: runs `async def` tests under trio with a hang guard, and finds what a test left behind."""

# ruff: noqa: S101 - assertions are what the test kit is for
from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from typing import TYPE_CHECKING, Any

import pytest
import trio
from trio.testing import MockClock

from .leaks import LeakCheck

if TYPE_CHECKING:
    from ..portal.thread import Portal

pytest.register_assert_rewrite("claif.testing.conformance")

HANG_GUARD = 30.0
"""Seconds of real time after which a test counts as hung."""


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers."""
    config.addinivalue_line("markers", "mock_clock: run this trio test on virtual time that jumps when all tasks wait")
    config.addinivalue_line(
        "markers", "patience(seconds): this trio test hangs only after so many seconds of real time"
    )
    config.addinivalue_line("markers", "leaks(reason): this test may leave something behind, for the reason given")


def run_test(
    function: Callable[..., Any], *, mock_clock: bool = False, patience: float | None = None
) -> Callable[..., None]:
    """Make a plain function of an `async def` test.

    Args:
        function: the test.
        mock_clock: whether it runs on virtual time.
        patience: seconds after which it hangs; `HANG_GUARD` when not given.
    """

    @wraps(function)
    def runner(**kwargs: Any) -> None:
        async def main() -> None:
            if mock_clock:
                await function(**kwargs)
                return
            seconds = HANG_GUARD if patience is None else patience
            with trio.move_on_after(seconds) as guard:
                await function(**kwargs)
            assert not guard.cancelled_caught, f"the test hung for {seconds} s"

        trio.run(main, clock=MockClock(autojump_threshold=0) if mock_clock else None, strict_exception_groups=True)

    return runner


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> None:
    """Replace coroutine functions by functions that run them under trio, also below `@given`."""
    mock_clock = pyfuncitem.get_closest_marker("mock_clock") is not None
    marker = pyfuncitem.get_closest_marker("patience")
    patience = float(marker.args[0]) if marker is not None else None
    function = pyfuncitem.obj
    hypothesis = getattr(function, "hypothesis", None)
    if hypothesis is not None:
        if inspect.iscoroutinefunction(hypothesis.inner_test):
            hypothesis.inner_test = run_test(hypothesis.inner_test, mock_clock=mock_clock, patience=patience)
    elif inspect.iscoroutinefunction(function):
        pyfuncitem.obj = run_test(function, mock_clock=mock_clock, patience=patience)


@pytest.fixture(autouse=True)
def no_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a process, a thread that matters or a file descriptor behind."""
    if request.node.get_closest_marker("leaks"):
        yield
        return
    check = LeakCheck()
    portal = running_portal()
    yield
    if portal is None and (portal := running_portal()) is not None:
        portal.stop()
    check.assert_clean()


def running_portal() -> Portal | None:
    """The thread behind `claif.blocking` and `claif.aio`, if one runs; it keeps sockets of its own."""
    process = sys.modules.get("claif.portal.process")
    found: Portal | None = process.running_portal() if process is not None else None
    return found
