"""Measure what the cache costs and saves: `python benchmarks/caching.py [--rounds N] [--write]`.

Hits in memory and in SQLite are compared with one raw httpx2 call and with litellm's hits, new questions that are kept
with those that are not, and a store with a million rows with one of ten thousand.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import trio
from measure import alternate, client, ratios
from section import write_section
from server import Server

from claif.cache.sqlite import SqliteStore
from claif.cache.store import Labels, Write

TITLE = "Cache"
HITS = {
    "httpx2 on trio, a call": ("httpx2", "raw_httpx2", None),
    "claif, a hit in memory": ("claif", "claif_cached_memory", 0.15),
    "claif, a hit in SQLite": ("claif", "claif_cached_sqlite", 0.6),
    "litellm, a hit in memory": ("litellm-cached", "litellm_cached", None),
}
STREAMS = {
    "litellm, a hit in memory": ("litellm-cached", "litellm_cached", None),
    "claif, a hit in memory": ("claif", "claif_cached_memory", 1 / 15),
    "claif, a hit in SQLite": ("claif", "claif_cached_sqlite", 1 / 15),
}
NEW = {
    "claif without a cache": ("claif", "claif_uncached_new", None),
    "claif, kept in memory": ("claif", "claif_cached_memory_new", 1.1),
    "claif, kept in SQLite": ("claif", "claif_cached_sqlite_new", 1.1),
}
FEW, MANY = 10_000, 1_000_000
ROW = 2000
"""Bytes of a row of the large store."""


def rows_of(
    server: Server, clients: dict[str, Any], mode: str, arguments: tuple[object, ...], rounds: int
) -> list[Any]:
    """A row for each client: its processor time, and that as a ratio to the first one's."""

    def sample(environment: str, program: str) -> dict[str, Any]:
        return client(environment, program, mode, *arguments, "--url", server.url)

    samples = {name: partial(sample, environment, program) for name, (environment, program, _) in clients.items()}
    found = alternate(samples, rounds, f"{mode}, {next(iter(clients))}")
    cpu = {name: [one["cpu_ms"] for one in ones] for name, ones in found.items()}
    first = next(iter(clients))
    return [
        (name, f"{median(cpu[name]):.3f} ms", told(ratios(cpu[name], cpu[first]), goal))
        for name, (_, _, goal) in clients.items()
    ]


def told(values: list[float], goal: float | None) -> str:
    """Ratios, and whether their median is as small as it should be."""
    text = f"{median(values):.3f} x ({min(values):.3f} to {max(values):.3f})"
    if goal is None:
        return text
    return f"{text}, goal {goal:.2f}" + ("" if median(values) <= goal else ", **missed**")


class LargeStore:
    """A store of so many rows, in a folder."""

    def __init__(self, folder: Path, count: int) -> None:
        self.count = count
        self._store = SqliteStore(folder / f"{count}.db", 10**13)
        self._row = os.urandom(ROW)
        now = time.time()
        self._labels = Labels("p", "m", "", now, now + 10**6)

    async def fill(self) -> None:
        """Put all rows."""
        for begin in range(1, self.count, 5000):
            await self._put(begin, min(begin + 5000, self.count))

    async def turn(self, turn: int) -> tuple[float, float]:
        """Milliseconds of processor time of a hit, and of a row that is put with 19 others."""
        start = time.process_time()
        for number in range(50):
            assert await self._store.get(_key(1 + (turn * 50 + number) * 7919 % (self.count - 1))) is not None
        hits = time.process_time() - start
        start = time.process_time()
        for batch in range(5):
            begin = self.count + turn * 100 + batch * 20
            await self._put(begin, begin + 20)
        return hits * 1000 / 50, (time.process_time() - start) * 1000 / 100

    async def close(self) -> None:
        await self._store.aclose()

    async def _put(self, begin: int, end: int) -> None:
        await self._store.put_all([Write(_key(number), self._row, self._labels) for number in range(begin, end)])


def _key(number: int) -> str:
    return f"{number * 0x9E3779B97F4A7C15 % 2**256:064x}"


async def large(folder: Path) -> str:
    """How a store with a million rows does beside one of ten thousand, turn by turn."""
    stores = [LargeStore(folder, FEW), LargeStore(folder, MANY)]
    for store in stores:
        await store.fill()
    turns = [[await store.turn(turn) for store in stores] for turn in range(40)]
    for store in stores:
        await store.close()
    few, many = ([median(costs) for costs in zip(*found, strict=True)] for found in zip(*turns, strict=True))
    hit, put = many[0] / few[0], many[1] / few[1]
    missed = "" if max(hit, put) <= 1.5 else ", **missed**"
    return (
        f"A store of {MANY:,} rows of {ROW:,} bytes to one of {FEW:,}: a hit costs {hit:.2f} x ({many[0]:.3f} ms), "
        f"a row that is put {put:.2f} x ({many[1]:.3f} ms). Goal: 1.5{missed}."
    )


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    return "\n".join(["| " + " | ".join(cells) + " |" for cells in [head, ("---",) * len(head), *rows]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--window", type=float, default=1.0, help="seconds of each sample")
    parser.add_argument("--write", action="store_true", help="write the section of RESULTS.md")
    options = parser.parse_args()
    window = ("--window", options.window)
    with Server() as server:
        hits = rows_of(server, HITS, "call", window, options.rounds)
        streams = rows_of(server, STREAMS, "stream", (*window, "--tokens", 500), options.rounds)
        new = rows_of(server, NEW, "call", window, options.rounds)
    with tempfile.TemporaryDirectory() as folder:
        stores = trio.run(large, Path(folder))
    parts = [
        table(("one answer", "CPU", "to a raw call"), hits),
        table(("500 streamed events", "CPU", "to litellm"), streams),
        table(("new questions", "CPU", "to no cache"), new),
        stores,
    ]
    text = "\n\n".join(parts)
    print(text)
    if options.write:
        when = f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
        said = "Processor time, medians. litellm replays other chunks than came; Claif the same events."
        command = f"Command: `python benchmarks/caching.py --rounds {options.rounds} --write`."
        write_section(TITLE, f"{when}. {command} {said}\n\n{text}")


if __name__ == "__main__":
    main()
