"""Measure what it costs to know costs: `python benchmarks/costs.py [--rounds N] [--write]`.

All ask the same server, which answers at once: a client that knows no costs, one that has a price, one that also writes
each call down, and one that also keeps to a budget.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Mapping
from statistics import median
from typing import Any

import trio
from section import write_section

from claif import Client
from claif.testing.server_process import ServerProcess

PRICES = {"m": {"input": 1.0, "output": 1.0}}
LEDGER = {"enabled": True}
KINDS: Mapping[str, dict[str, Any]] = {
    "no costs": {},
    "a price": {"prices": PRICES},
    "and the ledger": {"prices": PRICES, "ledger": LEDGER},
    "and a budget": {"prices": PRICES, "ledger": LEDGER, "budget": {"day": 1e6, "query": 1e3}},
}
CALLS = 300
TASKS = 64
TITLE = "Costs"
HEAD = ("", "one after the other", "processor time", f"{TASKS} at once, per call")


async def sample(url: str, tables: Mapping[str, Any]) -> tuple[float, float, float]:
    """Milliseconds of a call: one after the other, in processor time, and many at once."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        os.environ["CLAIF_HOME"] = home
        provider = {"type": "openai", "base_url": url, "model": "m", "api_key": "key"}
        async with Client({"providers": {"x": provider}, **tables}) as client:

            async def ask(count: int) -> None:
                for _ in range(count):
                    await client.query("hi", provider="x", max_tokens=10)

            await ask(50)
            began, used = time.perf_counter(), time.process_time()
            await ask(CALLS)
            alone, busy = time.perf_counter() - began, time.process_time() - used
            began = time.perf_counter()
            async with trio.open_nursery() as nursery:
                for _ in range(TASKS):
                    nursery.start_soon(ask, 8)
            many = time.perf_counter() - began
    return 1000 * alone / CALLS, 1000 * busy / CALLS, 1000 * many / (8 * TASKS)


def measure(rounds: int) -> list[tuple[str, ...]]:
    """A row for each kind of client; the rounds of all take turns."""
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in KINDS}
    with ServerProcess() as server:
        for _ in range(rounds):
            for name, tables in KINDS.items():
                found[name].append(trio.run(sample, server.url(text="Read."), tables))
    return [
        (name, *[f"{median(values):.3f} ms" for values in zip(*samples, strict=True)])
        for name, samples in found.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="write the section of RESULTS.md")
    options = parser.parse_args()
    rows = measure(options.rounds)
    text = "\n".join(["| " + " | ".join(cells) + " |" for cells in [HEAD, ("---",) * len(HEAD), *rows]])
    print(text)
    if options.write:
        when = f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
        write_section(TITLE, f"{when}. Command: `python benchmarks/costs.py --write`. Medians.\n\n{text}")


if __name__ == "__main__":
    main()
