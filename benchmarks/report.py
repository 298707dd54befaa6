"""What the rows found: the table on the terminal and the page RESULTS.md."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from comparison import Comparison
from overview import overview
from reading import number, table


@dataclass
class Check:
    """One goal: the median of `values` (one a round) against it; a check without a goal is only told."""

    what: str
    values: Sequence[float]
    goal: float | None = None
    at_least: bool = False
    unit: str = "x"

    @property
    def reached(self) -> float:
        return median(self.values)

    @property
    def met(self) -> bool:
        if self.goal is None:
            return True
        return self.reached >= self.goal if self.at_least else self.reached <= self.goal

    def cells(self) -> list[str]:
        sign = "≥" if self.at_least else "≤"
        goal = "-" if self.goal is None else f"{sign} {self.show(self.goal)}"
        spread = f" ({number(min(self.values))} to {number(max(self.values))})" if len(set(self.values)) > 1 else ""
        verdict = "" if self.goal is None else "yes" if self.met else "**no**"
        return [self.what, goal, self.show(self.reached) + spread, verdict]

    def show(self, value: float) -> str:
        return f"{number(value)} {self.unit}".rstrip()


@dataclass
class Row:
    """One row of the issue's table: its checks, the figures behind them, and what all peers are compared in."""

    name: str
    title: str
    checks: list[Check]
    figures: dict[str, str] = field(default_factory=dict)
    comparisons: list[Comparison] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        checks = [
            {
                "what": c.what,
                "goal": c.goal,
                "reached": c.reached,
                "met": c.met,
                "unit": c.unit,
                "values": list(c.values),
            }
            for c in self.checks
        ]
        compared = [comparison.as_json() for comparison in self.comparisons]
        found = {"name": self.name, "title": self.title, "checks": checks, "figures": self.figures}
        return found | {"comparisons": compared}


def goals(rows: Sequence[Row]) -> str:
    """Every goal and what was reached."""
    cells = [["what", "goal", "reached, median (range of the rounds)", "met"]]
    for row in rows:
        cells += [[f"{row.title}: {first}", *rest] for first, *rest in (check.cells() for check in row.checks)]
    return table(cells)


@dataclass
class Conditions:
    """How the figures came about: the command, how busy the machine was before, and the server."""

    command: str
    load: float
    server: str


def page(rows: Sequence[Row], versions: Sequence[str], run: Conditions) -> str:
    """The whole of RESULTS.md."""
    parts = [
        "# Benchmark results",
        INTRODUCTION,
        "\n".join(
            [
                f"- Date: {time.strftime('%Y-%m-%d')}. Command: `{run.command}`.",
                f"- Python {platform.python_version()}; {', '.join(versions)}.",
                f"- Machine: {platform.system()} {platform.machine()}, {os.cpu_count()} cores.",
                f"- Load average when it began: {run.load:.1f}.",
                f"- Server: {run.server}.",
            ]
        ),
        goals(rows),
        "## Beside every peer",
        overview([comparison for row in rows for comparison in row.comparisons]),
        "## The figures behind the ratios",
        "CPU is that of the measured process with its children. Median of the rounds and their range.",
    ]
    for row in rows:
        parts += [f"### {row.title}", table([["what", "figure"], *([k, v] for k, v in row.figures.items())])]
        parts += [f"![{one.title}]({one.name}.svg)" for one in row.comparisons]
    parts += ["## How it is measured", HOW]
    return "\n\n".join(parts) + "\n"


INTRODUCTION = """Claif beside its peers on one machine, against a loopback endpoint. Ratios from alternating fresh
processes are what counts: absolute figures of the same code drift with the machine, so compare them only within this
page. What the figures mean is told in [performance](../docs/explanation/performance.md)."""

HOW = """\
- Every sample is a fresh process; in every round each contender runs once, in another order each round. A ratio
  is taken inside a round; the table shows the median of the rounds.
- Clients warm up on the path that is measured, for at most 5 seconds, collect garbage, then ask for at least half
  a second. Every client takes the text out of the answer and compares it.
- Peers live in their own environments with pinned versions (`benchmarks/peers/`), with fake keys, without
  proxies and without telemetry. Those that can run on trio, where openai is as fast as on asyncio or faster;
  litellm and llm run on asyncio, the only loop they know.
- Each peer is used in its cheapest way: any-llm with one provider object that is kept, pydantic-ai by its `direct`
  functions without an agent. llm makes an HTTP client for every call, whatever one does.
- anthropic speaks its own protocol, so its bytes are not those of the others: an answer is 400 bytes
  instead of 660, an event 120 instead of 270. Its row says what it costs, not what it would cost on the
  same wire; Claif is not compared with it on Anthropic's.
- raw httpcore2 and httpx2 handle no errors, no deadlines, no retries and no types: they are the floor, not rivals.
- First query: a fresh process that imports the package, makes a client, asks once for 20 tokens, closes and ends.
- One call: `client.query("hi")`, one JSON body of 660 bytes. Events: an answer of 500 tokens in 503 events that
  are all sent at once; figures are for 1,000 tokens of text.
- 256 in flight: 256 tasks that ask one after the other through one client.
- A leaked connection is one that is neither idle in a pool nor closed when everything is quiet, or still open
  after the client is closed. A slow peer is more often cancelled before it has asked at all, which makes it easier.
- The memory of the further peers is taken once, and their cancellations in at most three rounds."""
