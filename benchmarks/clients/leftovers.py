"""Streams cancelled at random, and what is left of their connections."""

from __future__ import annotations

import argparse
import gc
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from common import Loop, Opened

STREAMS, AT_ONCE, LATEST = 400, 8, 0.03
QUIET = 0.2
"""Seconds until all that is going to be closed is closed."""


async def cancel(opened: Opened, loop: Loop, options: argparse.Namespace) -> dict[str, Any]:
    """Cancel 400 streams, eight at a time, each after 0 to 30 ms, and count what is left over."""
    chance = random.Random(options.seed)
    delays = iter([chance.uniform(0, LATEST) for _ in range(STREAMS)])
    cancelled = 0
    before = sockets()
    async with opened(options) as (call, stream):

        async def cancelling() -> None:
            nonlocal cancelled
            for delay in delays:
                late = await loop.cancelled(stream, delay)
                cancelled += late

        async def calling() -> None:
            await call()

        await loop.gather(cancelling, AT_ONCE)
        await loop.sleep(QUIET)
        idle, stuck = connections()
        lost = max(0, sockets() - before - idle)
        await loop.gather(calling, AT_ONCE)
    await loop.sleep(QUIET)
    return {"cancelled": cancelled, "leaked": max(stuck, lost), "left": sockets() - before}


def sockets() -> int:
    """Open sockets of this process."""
    found = 0
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found += os.readlink(entry).startswith("socket:")
        except FileNotFoundError:
            continue
    return found


def connections() -> tuple[int, int]:
    """Open connections of this process: those that are idle, and those stuck in a request that nobody waits for."""
    gc.collect()
    idle = stuck = 0
    for connection in pooled("httpcore2") + pooled("httpcore"):
        idle += connection.is_idle()
        stuck += not connection.is_idle()
    if (aiohttp := sys.modules.get("aiohttp")) is not None:
        for connector in instances(aiohttp.BaseConnector):
            idle += sum(len(waiting) for waiting in connector._conns.values())
            stuck += len(connector._acquired)
    return idle, stuck


def pooled(library: str) -> list[Any]:
    """The open connections of an HTTP library; one that only wraps another is the same connection."""
    if (module := sys.modules.get(library)) is None:
        return []
    found = [one for one in instances(module.AsyncConnectionInterface) if not one.is_closed()]
    wrapped = {id(getattr(one, "_connection", None)) for one in found}
    return [one for one in found if id(one) not in wrapped]


def instances(of: type) -> Iterator[Any]:
    """All living objects of a class."""
    return (one for one in gc.get_objects() if issubclass(type(one), of))
