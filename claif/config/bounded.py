"""Blocking calls within bounds: each in a thread of its own, which is left behind when it takes too long."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from time import monotonic
from typing import TypeVar

T = TypeVar("T")

PULSE = 0.05
"""Seconds between two looks at whether somebody still waits."""


def call_bounded(call: Callable[[], T], seconds: float, alive: Callable[[], None]) -> T:
    """Call a function, and wait for it no longer than some seconds.

    Args:
        call: the function.
        seconds: how long it may take.
        alive: called now and then; whatever it raises ends the waiting.

    Raises:
        TimeoutError: it took too long; it goes on, and nobody hears what it returns.
        Exception: what the function raised.
    """
    done = Event()
    results: list[T] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            results.append(call())
        except BaseException as error:
            errors.append(error)
        finally:
            done.set()

    Thread(target=work, daemon=True, name="claif-bounded").start()
    deadline = monotonic() + seconds
    while not done.wait(PULSE):
        alive()
        if monotonic() > deadline:
            raise TimeoutError
    if errors:
        raise errors[0]
    return results[0]
