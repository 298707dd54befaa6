"""Rows about what is left over: connections after cancellations, memory after many calls."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from measure import alternate, busy, client
from report import Check, Row, spread
from server import Server


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

        def idle() -> dict[str, int]:
            found: dict[str, int] = client("claif", "claif_cancel", server.url, next(seeds))
            open_at_server.append(server.stats()["open"])
            return found

        def contended() -> dict[str, int]:
            with contention():
                return idle()

        found = alternate({"idle": idle, "contended": contended}, rounds, "cancel")
    checks = [
        Check(f"leaked, {name}", [result["leaked"] + result["left"] for result in results], 0, unit="connections")
        for name, results in found.items()
    ]
    checks.append(Check("open at the server after the client is closed", [max(open_at_server)], 0, unit="connections"))
    figures = {
        f"cancelled in the middle, {name}": spread([result["cancelled"] for result in results], "of 400")
        for name, results in found.items()
    }
    return Row("cancel", "400 streams cancelled at random", checks, figures)


def growth(rounds: int, _window: float) -> Row:
    """Memory over 5,000 calls."""
    with Server() as server:
        samples = {
            name: lambda h=home, p=program: client(h, p, "grow", "--url", server.url, "--in-flight", 4)["grown"]
            for name, home, program in (("claif", "claif", "claif_client"), ("httpx2 on trio", "httpx2", "raw_httpx2"))
        }
        found = alternate(samples, min(rounds, 3), "growth")
    checks = [Check("5,000 calls", [max(found["claif"])], 1, unit="MB more memory")]
    figures = {name: spread(values, "MB") for name, values in found.items()}
    return Row("growth", "Memory, the worst round", checks, figures)
