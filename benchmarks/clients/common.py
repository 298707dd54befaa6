"""What the clients of all peers share: the measured loop. A client is one fresh process and prints one JSON line."""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

Ask = Callable[[], Awaitable[str]]
"""Ask once and give the answer's text."""

Opened = Callable[[argparse.Namespace], AbstractAsyncContextManager[tuple[Ask, Ask]]]
"""Open a peer's client, and give two ways to ask: for one whole answer, and for a stream."""


WARM_UP = 5.0
"""Seconds after which a slow peer counts as warm."""


class Loop(NamedTuple):
    """What differs between trio and asyncio."""

    gather: Callable[[Callable[[], Awaitable[None]], int], Awaitable[None]]
    """Run that many copies of a task at once."""
    cancelled: Callable[[Ask, float], Awaitable[bool]]
    """Ask, and cancel after that many seconds; whether it came to that."""
    sleep: Callable[[float], Awaitable[None]]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["first", "call", "stream", "grow", "cancel"])
    parser.add_argument("--url", required=True)
    parser.add_argument("--in-flight", type=int, default=1)
    parser.add_argument("--window", type=float, default=1.0, help="seconds to measure")
    parser.add_argument("--tokens", type=int, default=20)
    parser.add_argument("--calls", type=int, default=5000, help="calls over which memory may grow")
    parser.add_argument("--seed", type=int, default=1, help="of the moments of cancellation")
    options = parser.parse_args()
    options.url += f"/t{options.tokens}" + ("/paced" if options.mode == "cancel" else "")
    return options


def resident() -> float:
    """Resident memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def finish(result: dict[str, Any]) -> NoReturn:
    """Print the result and leave at once: a peer's threads and atexit hooks are no part of what is measured."""
    print(json.dumps(result))
    sys.stdout.flush()
    os._exit(0)


async def session(opened: Opened, loop: Loop) -> None:
    """Do what the arguments ask for with a peer's client."""
    options = arguments()
    if options.mode == "cancel":
        from leftovers import cancel

        finish(await cancel(opened, loop, options))
    async with opened(options) as (call, stream):
        if options.mode == "first":
            print(await call())  # and end as programs do, because ending is part of it
        else:
            finish(await measure(stream if options.mode == "stream" else call, loop, options))


async def measure(ask: Ask, loop: Loop, options: argparse.Namespace) -> dict[str, Any]:
    """Warm up on the very path that is measured, then ask for a window of time and count."""
    expected = "".join(f" tok{i}" for i in range(options.tokens))

    async def once() -> None:
        text = await ask()
        assert text == expected, f"{text[:60]!r} is not the answer"

    async def repeat(proceed: Callable[[], bool], least: int = 0) -> int:
        """Ask as long as may be, and each worker `least` times however late it is; how often that was."""
        done = 0

        async def worker() -> None:
            nonlocal done
            asked = 0
            while proceed() or asked < least:
                await once()
                asked += 1
                done += 1

        await loop.gather(worker, options.in_flight)
        return done

    async def count(calls: int, limit: float = math.inf) -> None:
        tickets, until = iter(range(calls)), time.perf_counter() + limit
        await repeat(lambda: next(tickets, None) is not None and time.perf_counter() < until)

    if options.mode == "grow":
        await count(500)
    else:
        await count(max(30, 2 * options.in_flight), WARM_UP)
    gc.collect()
    before = resident()
    cpu, start = time.process_time(), time.perf_counter()
    if options.mode == "grow":
        await count(options.calls)
        done = options.calls
    else:
        until = start + options.window
        done = await repeat(lambda: time.perf_counter() < until, 1)
    cpu, seconds = time.process_time() - cpu, time.perf_counter() - start
    gc.collect()
    return {
        "calls": done,
        "cpu_ms": cpu * 1000 / done,
        "per_second": done / seconds,
        "window": seconds,
        "rss": resident(),
        "grown": resident() - before,
    }
