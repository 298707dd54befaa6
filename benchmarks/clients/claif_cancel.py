"""Claif: streams cancelled at random, and what is left of their connections."""

from __future__ import annotations

import gc
import os
import random
import sys
from pathlib import Path

import httpcore2
import trio
from common import finish

from claif import Client

STREAMS, AT_ONCE, LATEST = 400, 8, 0.03


def sockets() -> int:
    """Open sockets of this process."""
    found = 0
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found += os.readlink(entry).startswith("socket:")
        except FileNotFoundError:
            continue
    return found


def pooled() -> tuple[int, int]:
    """Open connections of this process: those that are idle, and those stuck in a request that nobody waits for."""
    gc.collect()
    found = [one for one in gc.get_objects() if isinstance(one, httpcore2.AsyncConnectionInterface)]
    held = [connection for connection in found if not connection.is_closed()]
    idle = sum(connection.is_idle() for connection in held)
    return idle, len(held) - idle


async def main() -> None:
    url, seed = sys.argv[1], int(sys.argv[2])
    chance = random.Random(seed)
    delays = iter([chance.uniform(0, LATEST) for _ in range(STREAMS)])
    provider = {"type": "openai", "base_url": f"{url}/t500/paced/v1", "api_key": "sk-test", "model": "m"}
    config = {"general": {"default_provider": "fake"}, "providers": {"fake": provider}}
    cancelled = 0
    before = sockets()
    async with Client(config) as client:

        async def worker() -> None:
            nonlocal cancelled
            for delay in delays:
                with trio.move_on_after(delay) as scope:
                    async with client.stream("hi") as events:
                        async for _ in events:
                            pass
                cancelled += scope.cancelled_caught

        async with trio.open_nursery() as nursery:
            for _ in range(AT_ONCE):
                nursery.start_soon(worker)
        await trio.sleep(0.2)
        idle, stuck = pooled()
        lost = max(0, sockets() - before - idle)
        async with trio.open_nursery() as nursery:
            for _ in range(AT_ONCE):
                nursery.start_soon(client.query, "hi")
    finish({"cancelled": cancelled, "leaked": stuck + lost, "left": sockets() - before})


trio.run(main)
