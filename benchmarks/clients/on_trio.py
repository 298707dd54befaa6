"""Runs a client's measurement on trio."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio


async def gather(task: Callable[[], Awaitable[None]], count: int) -> None:
    async with trio.open_nursery() as nursery:
        for _ in range(count):
            nursery.start_soon(task)
