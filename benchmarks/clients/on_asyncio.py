"""Runs a client on asyncio, where its peer knows no other loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from common import Ask, Loop, Opened, session


async def gather(task: Callable[[], Awaitable[None]], count: int) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(task())


async def cancelled(ask: Ask, delay: float) -> bool:
    try:
        async with asyncio.timeout(delay) as limit:
            await ask()
    except TimeoutError:
        if not limit.expired():
            raise
    return limit.expired()


def run(opened: Opened) -> None:
    asyncio.run(session(opened, Loop(gather, cancelled, asyncio.sleep)))
