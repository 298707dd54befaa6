"""How a plain thread waits for the portal: interruptible by Ctrl-C, which cancels what it waits for."""

from __future__ import annotations

import os
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from .call import CANCEL_TIMEOUT, Call

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .thread import Portal

T = TypeVar("T")

SLICE = 0.1 if os.name == "nt" else 0.5
"""Seconds after which a waiting thread looks up.

On Windows a lock keeps Ctrl-C waiting as long as it waits itself; elsewhere it does so if the signal came between the
last look of the interpreter and the wait.
"""


class ThreadWaiter:
    """Parks one thread until something is so that the portal's thread makes so."""

    def __init__(self) -> None:
        self._wakes: SimpleQueue[None] = SimpleQueue()
        self._waits = False

    def wake(self) -> bool:
        """Have the thread look again; from the portal's thread."""
        if self._waits:
            self._waits = False
            self._wakes.put(None)
        return True

    def wait(self, ready: Callable[[], bool], timeout: float | None = None) -> None:
        """Wait until `ready()`, or for so many seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not ready():
            # First the flag, then another look: what became ready in between is seen here, or wakes us.
            self._waits = True
            if ready():
                return
            left = SLICE if deadline is None else min(SLICE, deadline - time.monotonic())
            if left <= 0:
                return
            try:
                self._wakes.get(timeout=left)
            except Empty:
                continue


def run(portal: Portal, function: Callable[[], Awaitable[T]]) -> T:
    """Await `function()` in the portal and wait for it; an interrupt cancels it and waits for its end first.

    Raises:
        BaseException: what it raised.
        ClientClosedError: the client or the portal was closed.
        RuntimeError: the caller is the portal's thread.
    """
    waiter = ThreadWaiter()
    call = Call(portal, function, waiter.wake)
    try:
        call.start()
        waiter.wait(lambda: call.done)
    except BaseException:
        settle(call, waiter)
        raise
    return call.result()


def settle(call: Call[T], waiter: ThreadWaiter) -> None:
    """Cancel a call and wait, within bounds, until it has ended; a second Ctrl-C ends the waiting."""
    call.cancel()
    if not call.inside:  # a stream that nobody closed may be collected in any thread
        waiter.wait(lambda: call.done, CANCEL_TIMEOUT)
