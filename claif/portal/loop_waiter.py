"""How an asyncio task waits for the portal: cancelling the task cancels what it waits for."""

from __future__ import annotations

import asyncio
import sys
from math import inf
from typing import TYPE_CHECKING, TypeVar

from .call import CANCEL_TIMEOUT, Call
from .callback import calling_loop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .thread import Portal

T = TypeVar("T")

BEAT = 0.1
"""Seconds after which a waiting task of a notebook looks up: interrupting the kernel does not wake its event loop."""


class LoopWaiter:
    """Parks one task of the running event loop until something is so that the portal's thread makes so.

    Raises:
        RuntimeError: no asyncio event loop runs in this thread.
    """

    def __init__(self) -> None:
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            raise RuntimeError(
                "claif.aio needs a running asyncio event loop; under trio use claif.Client, elsewhere claif.blocking"
            ) from None
        calling_loop.set(self._loop)
        self._beat = BEAT if "ipykernel" in sys.modules else inf
        self._waits = False
        self._future: asyncio.Future[None] | None = None

    def wake(self) -> bool:
        """Have the task look again, and say whether its loop still runs; from the portal's thread."""
        if self._waits:
            self._waits = False
            try:
                self._loop.call_soon_threadsafe(self._look)
            except RuntimeError:  # the loop was closed without a word
                return False
        return not self._loop.is_closed()

    async def wait(self, ready: Callable[[], bool], timeout: float = inf) -> None:
        """Wait until `ready()`, or for so many seconds."""
        end = self._loop.time() + timeout
        while not ready() and (left := min(end - self._loop.time(), self._beat)) > 0:
            self._future = self._loop.create_future()
            # First the flag, then another look: what became ready in between is seen here, or wakes us.
            self._waits = True
            if ready():
                break
            timer = None if left == inf else self._loop.call_later(left, self._look)
            try:
                await self._future
            finally:
                if timer is not None:
                    timer.cancel()

    def _look(self) -> None:
        if self._future is not None and not self._future.done():
            self._future.set_result(None)


async def run(portal: Portal, function: Callable[[], Awaitable[T]]) -> T:
    """Await `function()` in the portal; cancelling this cancels it at once, and waits for its end first.

    Raises:
        BaseException: what it raised.
        ClientClosedError: the client or the portal was closed.
        RuntimeError: no asyncio event loop runs in this thread, or it is the portal's.
    """
    waiter = LoopWaiter()
    call = Call(portal, function, waiter.wake)
    try:
        call.start()
        await waiter.wait(lambda: call.done)
    except BaseException:
        await settle(call, waiter)
        raise
    return call.result()


async def settle(call: Call[T], waiter: LoopWaiter) -> None:
    """Cancel a call and wait, within bounds, until it has ended; whoever cancels this meanwhile is heard afterwards."""
    call.cancel()
    if isinstance(sys.exception(), GeneratorExit):  # its coroutine was forgotten, and cannot await any more
        return
    loop = asyncio.get_running_loop()
    deadline = loop.time() + CANCEL_TIMEOUT
    cancelled: asyncio.CancelledError | None = None
    while not call.done and (left := deadline - loop.time()) > 0:
        try:
            await waiter.wait(lambda: call.done, left)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
