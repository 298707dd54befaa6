"""Rows about what is left over: connections after cancellations, memory after many calls."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Any

from comparison import Comparison
from contenders import CLAIF, CONTENDERS
from measure import alternate, busy, client
from reading import spread
from report import Check, Row
from server import Server

PEERS = [name for name in CONTENDERS if name != CLAIF]
CALLS = 5000
SLOW = {"llm": 1000}
"""Who gets fewer calls, because as many would take minutes."""


@contextmanager
def contention() -> Iterator[None]:
    """Busy loops on every core."""
    loops = busy(os.cpu_count() or 1)
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def cancel(rounds: int, _window: float) -> Row:
    """400 streams, eight at a time, each cancelled after 0 to 30 ms."""
    seeds = count(1)
    open_at_server: list[float] = []
    with Server() as server:

        def idle(name: str) -> dict[str, int]:
            before = server.stats()["requests"]
            arguments = ("cancel", "--url", server.url, "--tokens", 500, "--seed", next(seeds))
            found: dict[str, int] = client(*CONTENDERS[name], *arguments)
            return found | {"asked": server.stats()["requests"] - before}

        def ours() -> dict[str, int]:
            found = idle(CLAIF)
            open_at_server.append(server.stats()["open"])
            return found

        def contended() -> dict[str, int]:
            with contention():
                return ours()

        found = alternate({"idle": ours, "contended": contended}, rounds, "cancel")
        peers = alternate({name: partial(idle, name) for name in PEERS}, min(rounds, 3), "cancel, peers")
    checks = [
        Check(f"leaked, {name}", [result["leaked"] + result["left"] for result in results], 0, unit="connections")
        for name, results in found.items()
    ]
    checks.append(Check("open at the server after the client is closed", [max(open_at_server)], 0, unit="connections"))
    figures = {}
    for name, results in {**found, **peers}.items():
        figures[f"cancelled in the middle, {name}"] = spread([result["cancelled"] for result in results], "of 400")
    for name, results in {CLAIF: found["idle"], **peers}.items():
        figures[f"requests that the server saw, {name}"] = spread([result["asked"] for result in results], "of 408")
    return Row("cancel", "400 streams cancelled at random", checks, figures, [left({CLAIF: found["idle"], **peers})])


def left(found: dict[str, list[dict[str, int]]]) -> Comparison:
    """The connections that each contender leaves behind."""
    values = {name: [one["leaked"] + one["left"] for one in results] for name, results in found.items()}
    title = "400 streams cancelled, then the client closed"
    note = "llm has nothing to close: its connections stay open until they are collected as garbage."
    return Comparison("cancel", title, "connections left open", values, leftover=True, note=note)


def growth(rounds: int, _window: float) -> Row:
    """Memory over 5,000 calls."""
    with Server() as server:

        def grown(name: str) -> float:
            calls = SLOW.get(name, CALLS)
            arguments: tuple[Any, ...] = ("grow", "--url", server.url, "--in-flight", 4, "--calls", calls)
            result: float = client(*CONTENDERS[name], *arguments)["grown"]
            return result

        always = (CLAIF, "httpx2 on trio")
        found = alternate({name: partial(grown, name) for name in always}, min(rounds, 3), "growth")
        once = {name: partial(grown, name) for name in PEERS if name not in always}
        found |= alternate(once, 1, "growth, peers")
    checks = [Check("5,000 calls", [max(found[CLAIF])], 1, unit="MB more memory")]
    figures = {name: spread(values, "MB") for name, values in found.items()}
    note = "; ".join(f"{name}: only {calls:,} calls" for name, calls in SLOW.items()) + ", it makes a client for each."
    compared = Comparison("growth", "Memory after 5,000 calls", "MB more than before", found, leftover=True, note=note)
    return Row("growth", "Memory, the worst round", checks, figures, [compared])
