"""A process of several that share what is in a Redis; it says what it was allowed to do, and when, as JSON."""

from __future__ import annotations

import json
import sys
import time
from functools import partial
from math import inf

import trio
from claif_redis.state import RedisState
from claif_redis.store import RedisStore

from claif.api import Claim, Place, Rate, Settlement, Spending
from claif.testing.conformance.cache_base import key, labels

TASKS = 10
TIMEOUT = 20.0
"""Seconds; a test asks what the server says, not how soon."""


async def rates(url: str, per_second: str, burst: str, seconds: str) -> list[tuple[float, float]]:
    """Ask for as much as a rate gives; between which moments each was let through."""
    shared = RedisState(url, timeout=TIMEOUT)
    claim = Claim("e", (Rate("r", float(per_second), float(burst), 1),))
    granted: list[tuple[float, float]] = []

    async def ask_on(until: float) -> None:
        while (before := time.time()) < until:
            verdict = await shared.take(claim)
            if verdict.wait:
                await trio.sleep(verdict.wait)
            else:
                granted.append((before, time.time()))

    await together(shared, partial(ask_on, time.time() + float(seconds)))
    return granted


async def places(url: str, most: str, turns: str) -> list[tuple[float, float]]:
    """Have each task get a place so many times; from when until when one was certainly taken."""
    shared = RedisState(url, timeout=TIMEOUT)
    held: list[tuple[float, float]] = []

    async def ask_on() -> None:
        holder = f"{time.time_ns()}-{id(trio.lowlevel.current_task())}"
        for number in range(int(turns)):
            claim = Claim("e", place=Place("p", int(most), f"{holder}-{number}", 60))
            while (verdict := await shared.take(claim)).wait == inf:  # noqa: ASYNC110 - nobody tells
                await trio.sleep(0.002)
            begun = time.time()
            await trio.sleep(0.005)
            held.append((begun, time.time()))
            shared.settle(Settlement(claim, verdict))

    await together(shared, ask_on)
    return held


async def budget(url: str, limit: str, cost: str, times: str) -> list[int]:
    """Spend at once as often as that; how often it was allowed."""
    shared = RedisState(url, timeout=TIMEOUT)
    claim = Claim("e", budgets=(Spending("b", float(limit), float(cost), 60),))
    allowed = 0

    async def ask() -> None:
        nonlocal allowed
        for _ in range(int(times) // TASKS):
            verdict = await shared.take(claim)
            allowed += verdict.refused is None

    await together(shared, ask)
    return [allowed]


async def hold(url: str, lease: str) -> list[int]:
    """Take the only place for so many seconds, say since when, and do nothing more."""
    shared = RedisState(url, timeout=TIMEOUT)
    async with trio.open_nursery() as nursery:
        await nursery.start(shared.run)
        began = time.time()
        await shared.take(Claim("e", place=Place("p", 1, "killed", float(lease))))
        print(began, flush=True)
        await trio.sleep_forever()
    return []


async def locks(url: str, turns: str) -> list[int]:
    """Be the one who asks, or wait until the answer is there; how often it asked itself."""
    store = RedisStore(url, timeout=TIMEOUT)
    mine = f"{time.time_ns()}"
    asked = 0
    async with trio.open_nursery() as nursery:
        await nursery.start(store.run)
        for turn in range(int(turns)):
            while await store.get(key(turn)) is None:
                if await store.lock(key(turn), mine, 10):
                    if await store.get(key(turn)) is None:
                        asked += 1
                        await trio.sleep(0.002)
                        await store.put(key(turn), mine.encode() * 1000, labels())
                    await store.unlock(key(turn), mine)
                else:
                    await trio.sleep(0.001)
            row = await store.get(key(turn))
            assert row is not None
            assert row == row[: len(mine)] * 1000
        nursery.cancel_scope.cancel()
    return [asked]


async def together(shared: RedisState, work) -> None:
    async with trio.open_nursery() as nursery:
        await nursery.start(shared.run)
        async with trio.open_nursery() as working:
            for _ in range(TASKS):
                working.start_soon(work)
        await shared.aclose()
        nursery.cancel_scope.cancel()


if __name__ == "__main__":
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(trio.run(globals()[sys.argv[1]], *sys.argv[2:])))
