"""What the clients of all peers share: the measured loop. A client is one fresh process and prints one JSON line."""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NoReturn

Ask = Callable[[], Awaitable[str]]
"""Ask once and give the answer's text."""

Gather = Callable[[Callable[[], Awaitable[None]], int], Awaitable[None]]
"""Run that many copies of a task at once."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["call", "stream", "grow"])
    parser.add_argument("--url", required=True)
    parser.add_argument("--in-flight", type=int, default=1)
    parser.add_argument("--window", type=float, default=1.0, help="seconds to measure")
    parser.add_argument("--tokens", type=int, default=20)
    parser.add_argument("--calls", type=int, default=5000, help="calls over which memory may grow")
    return parser.parse_args()


def resident() -> float:
    """Resident memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def finish(result: dict[str, Any]) -> NoReturn:
    """Print the result and leave at once: a peer's threads and atexit hooks are no part of what is measured."""
    print(json.dumps(result))
    sys.stdout.flush()
    os._exit(0)


async def measure(ask: Ask, gather: Gather, options: argparse.Namespace) -> dict[str, Any]:
    """Warm up on the very path that is measured, then ask for a window of time and count."""
    expected = "".join(f" tok{i}" for i in range(options.tokens))

    async def once() -> None:
        text = await ask()
        assert text == expected, f"{text[:60]!r} is not the answer"

    async def repeat(proceed: Callable[[], bool]) -> int:
        done = 0

        async def worker() -> None:
            nonlocal done
            while proceed():
                await once()
                done += 1

        await gather(worker, options.in_flight)
        return done

    async def count(calls: int) -> None:
        tickets = iter(range(calls))
        await repeat(lambda: next(tickets, None) is not None)

    await count(max(30, 2 * options.in_flight) if options.mode != "grow" else 500)
    gc.collect()
    before = resident()
    cpu, start = time.process_time(), time.perf_counter()
    if options.mode == "grow":
        await count(options.calls)
        done = options.calls
    else:
        until = start + options.window
        done = await repeat(lambda: time.perf_counter() < until)
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
