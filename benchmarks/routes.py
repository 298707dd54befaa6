"""Measure what a route costs, beside litellm's Router: `python benchmarks/routes.py [--rounds N] [--write]`.

All ask the same server, which answers at once: Claif with one provider, Claif with everything around a query (a route
of three members, breakers, limits and a message processor) without and with hedging, and litellm's Router over three
deployments.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from contextlib import suppress
from functools import partial
from statistics import median
from typing import Any

import trio
from measure import alternate, client, ratios
from section import write_section
from server import Server

from claif import Client
from claif.api import TimeoutError
from claif.testing import ScriptedServer

CLIENTS = {
    "claif, one provider": ("claif", "claif_client"),
    "claif, the whole chain": ("claif", "claif_route"),
    "claif, and hedging": ("claif", "claif_hedged"),
    "litellm Router": ("litellm", "litellm_router"),
}
GOALS_OF = {"claif, the whole chain": 1.15}
"""What it may cost at most, to one provider."""
TITLE = "Routes"
HEAD = ("", "one after the other", "to one provider", "256 in flight", "calls a second")
GOALS = "Goals: the chain at most 1.15 x one provider; 12 x less than litellm's Router, and 6 x its calls a second."


def measure(rounds: int, window: float) -> list[tuple[str, ...]]:
    """A row for each client."""
    with Server() as server:

        def sample(name: str, *arguments: object) -> dict[str, Any]:
            return client(*CLIENTS[name], "call", *arguments, "--url", server.url)

        calls = alternate({name: partial(sample, name, "--window", window) for name in CLIENTS}, rounds, "calls")
        many = ("--in-flight", 256, "--window", 2 * window)
        flights = alternate({name: partial(sample, name, *many) for name in CLIENTS}, rounds, "in flight")
    cpu = {name: [one["cpu_ms"] for one in found] for name, found in calls.items()}
    busy = {name: [one["cpu_ms"] for one in found] for name, found in flights.items()}
    rate = {name: [one["per_second"] for one in found] for name, found in flights.items()}
    first = next(iter(CLIENTS))
    return [
        (
            name,
            f"{median(cpu[name]):.3f} ms",
            _range(ratios(cpu[name], cpu[first])) + _verdict(median(ratios(cpu[name], cpu[first])), GOALS_OF.get(name)),
            f"{median(busy[name]):.3f} ms",
            f"{median(rate[name]):,.0f} ({_range(ratios(rate[name], rate[first]))})",
        )
        for name in CLIENTS
    ]


async def overruns(count: int = 100, seconds: float = 0.1) -> list[float]:
    """By how many seconds queries end after their deadline, when no member of their route says anything."""
    found = []
    async with ScriptedServer() as server:
        table = {"type": "openai", "base_url": server.url(stall="headers"), "model": "m"}
        names = ("first", "second", "third")
        route = {"members": list(names), "attempt_timeout": seconds / 2}
        async with Client({"providers": dict.fromkeys(names, table), "routes": {"all": route}}) as asking:
            for _ in range(count):
                began = time.perf_counter()
                with suppress(TimeoutError):
                    await asking.query("hi", provider="all", timeout=seconds)
                found.append(time.perf_counter() - began - seconds)
    return found


async def fan_out(count: int = 50, seconds: float = 2.0) -> float:
    """How long it takes to ask so many endpoints of which each takes so many seconds, to that time."""
    async with ScriptedServer() as server:
        tables = {
            f"one{number}": {"type": "openai", "base_url": server.url(first=seconds, tag=str(number)), "model": "m"}
            for number in range(count)
        }
        async with Client({"providers": tables}) as asking:
            await asking.query_all("hi", providers=list(tables))  # opens the connections
            began = time.perf_counter()
            outcomes = await asking.query_all("hi", providers=list(tables))
            took = time.perf_counter() - began
    assert all(outcome.reply is not None for outcome in outcomes)
    return took / seconds


def _verdict(reached: float, goal: float | None) -> str:
    return "" if goal is None or reached <= goal else ", **missed**"


def _range(values: list[float]) -> str:
    return f"{median(values):.2f} x ({min(values):.2f} to {max(values):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--window", type=float, default=1.0, help="seconds of each sample")
    parser.add_argument("--write", action="store_true", help="write the section of RESULTS.md")
    options = parser.parse_args()
    rows = measure(options.rounds, options.window)
    late, wide = trio.run(overruns), trio.run(fan_out)
    usual, most = 1000 * median(late), 1000 * max(late)
    ends = f"{len(late)} queries ended {usual:.1f} ms after their deadline, at most {most:.1f} ms."
    text = "\n".join(["| " + " | ".join(cells) + " |" for cells in [HEAD, ("---",) * len(HEAD), *rows]])
    text += f"\n\n{ends} Goal: 50 ms. Fan-out to 50 endpoints: {wide:.3f} x the time of one. Goal: 1.05."
    print(text)
    if options.write:
        when = f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
        said = "Processor time of a call, medians."
        command = f"Command: `python benchmarks/routes.py --rounds {options.rounds} --write`."
        write_section(TITLE, f"{when}. {command} {said} {GOALS}\n\n{text}")


if __name__ == "__main__":
    main()
