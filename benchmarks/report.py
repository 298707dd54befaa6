"""What the rows found: the table on the terminal and the page RESULTS.md."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any


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
    """One row of the issue's table: its checks, and the absolute figures behind them."""

    name: str
    title: str
    checks: list[Check]
    figures: dict[str, str] = field(default_factory=dict)

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
        return {"name": self.name, "title": self.title, "checks": checks, "figures": self.figures}


def number(value: float) -> str:
    """Three digits that say something."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def spread(values: Sequence[float], unit: str) -> str:
    """A figure for reading: the median and the range."""
    return f"{number(median(values))} {unit} ({number(min(values))} to {number(max(values))})"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Markdown, aligned so that it also reads well on a terminal."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


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
        "## The figures behind the ratios",
        "CPU is that of the measured process with its children. Median of the rounds and their range.",
    ]
    for row in rows:
        if row.figures:
            parts += [f"### {row.title}", table([["what", "figure"], *([k, v] for k, v in row.figures.items())])]
    parts += ["## How it is measured", HOW]
    return "\n\n".join(parts) + "\n"


INTRODUCTION = """Claif beside its peers on one machine, against a loopback endpoint. Ratios from alternating fresh
processes are what counts: absolute figures of the same code drift with the machine, so compare them only within this
page."""

HOW = """\
- Every sample is a fresh process; in every round each contender runs once, in another order each round. A ratio
  is taken inside a round; the table shows the median of the rounds.
- Clients warm up on the path that is measured, collect garbage, then ask for at least half a second. Every
  client takes the text out of the answer and compares it.
- Peers live in their own environments with pinned versions (`benchmarks/peers/`), with fake keys, without
  proxies and without telemetry. openai runs on trio, where it is as fast as on asyncio or faster; litellm runs
  on asyncio, the only loop it knows.
- One call: `client.query("hi")`, one JSON body of 660 bytes. Events: an answer of 500 tokens in 503 events that
  are all sent at once; figures are for 1,000 tokens of text.
- 256 in flight: 256 tasks that ask one after the other through one client.
- A leaked connection is one that is neither idle in a pool nor closed when everything is quiet, or still open
  after the client is closed."""
