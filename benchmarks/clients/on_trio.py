"""Runs a client on trio."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio
from common import Ask, Loop, Opened, session


async def gather(task: Callable[[], Awaitable[None]], count: int) -> None:
    async with trio.open_nursery() as nursery:
        for _ in range(count):
            nursery.start_soon(task)


async def cancelled(ask: Ask, delay: float) -> bool:
    with trio.move_on_after(delay) as scope:
        await ask()
    return scope.cancelled_caught


def run(opened: Opened) -> None:
    trio.run(session, opened, Loop(gather, cancelled, trio.sleep))
