"""Callbacks: what a caller gave to be asked, called where the caller's code may wait."""

from __future__ import annotations

from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import trio

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Awaitable, Callable

T = TypeVar("T")
A = TypeVar("A")

calling_loop: ContextVar[AbstractEventLoop] = ContextVar("claif_calling_loop")
"""The event loop that the running call came from."""


def in_thread(function: Callable[[A], T]) -> Callable[[A], Awaitable[T]]:
    """Have a function that may block called in a thread of its own.

    Cancelling does not wait for the function, which may sit at a terminal: it goes on, and nobody hears its answer.
    """

    async def call(argument: A) -> T:
        return await trio.to_thread.run_sync(partial(function, argument), abandon_on_cancel=True)

    return call


def in_loop(function: Callable[[A], Awaitable[T]]) -> Callable[[A], Awaitable[T]]:
    """Have an asyncio function run in the event loop from which the query came; cancelling cancels it there."""

    async def call(argument: A) -> T:
        from asyncio import run_coroutine_threadsafe

        done = trio.Event()
        token = trio.lowlevel.current_trio_token()

        def wake(_future: object) -> None:
            try:
                token.run_sync_soon(done.set)
            except trio.RunFinishedError:  # nobody waits any more
                return

        async def ask() -> T:
            return await function(argument)

        coroutine = ask()
        try:
            future = run_coroutine_threadsafe(coroutine, calling_loop.get())
        except RuntimeError:  # the loop was closed without a word
            coroutine.close()
            raise
        future.add_done_callback(wake)
        try:
            await done.wait()
        finally:
            future.cancel()
        return future.result()

    return call
