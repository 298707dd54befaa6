"""The tables of `claif usage`."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from shutil import get_terminal_size
from typing import Any

from .bars import with_bars
from .money import dollars
from .sanitize import one_line
from .style import is_terminal, out_style
from .table import table

Row = Mapping[str, Any]
COLUMNS = ("calls", "errors", "cached", "input_tokens", "output_tokens", "cached_tokens", "cost", "unknown")
_HEADERS = ("CALLS", "ERRORS", "CACHED", "IN", "OUT", "COST")
_CALLS = ("TIME (UTC)", "PROVIDER", "MODEL", "IN", "OUT", "COST", "FIRST", "TOTAL", "TAG", "STATE")
_NUMBERS = range(1, 7)
_ROOMY = 100
"""Columns of a terminal from which on calls have all of theirs."""
_NAME = 40
"""Characters of a name."""
_FORMULA = "=+-@\t\r"
"""What makes spreadsheets take a text for a formula."""


def sums_table(by: str, rows: Sequence[Row], total: Row) -> str:
    """A row for each sum and one for all of them; a bar shows the share of the dearest."""
    cells = [[_named(row["name"]), *_counts(row)] for row in rows]
    lines = table([by.upper(), *_HEADERS], [*cells, ["total", *_counts(total)]], right=_NUMBERS).splitlines()
    measure = "cost" if total["cost"] > 0 else "calls"
    most = max(row[measure] for row in rows)
    shares = [None, *[row[measure] / most for row in rows], None]
    head, *body, last = with_bars(lines, shares)
    return "\n".join([out_style(head, bold=True), *body, out_style(last, bold=True)])


def budget_table(budgets: Sequence[Row]) -> str:
    """A row for each budget; a bar shows the share of it that is spent."""
    cells = [
        [
            _budget_name(one),
            dollars(one["spent"]),
            dollars(one["limit"]),
            f"{100 * one['spent'] / one['limit']:.0f} %",
        ]
        for one in budgets
    ]
    lines = table(["BUDGET", "SPENT", "OF", ""], cells, right=range(1, 4)).splitlines()
    shares = [None, *[one["spent"] / one["limit"] for one in budgets]]
    head, *body = with_bars(lines, shares)
    colored = [_colored(line, one["spent"] / one["limit"]) for line, one in zip(body, budgets, strict=True)]
    return "\n".join([out_style(head, bold=True), *colored])


def calls_table(rows: Sequence[Row]) -> str:
    """A row for each call."""
    narrow = is_terminal(sys.stdout) and get_terminal_size().columns < _ROOMY
    when = "%m-%d %H:%M:%S" if narrow else "%Y-%m-%d %H:%M:%S"
    cells = [
        [
            datetime.fromtimestamp(row["time"], UTC).strftime(when),
            _text(row["provider"]),
            _text(row["model"]),
            _count(row["input_tokens"]),
            _count(row["output_tokens"]),
            cost_text(row["cost"], not row["cost_known"]),
            None if narrow else _seconds(row["first"]),
            _seconds(row["latency"]),
            _text(row["tag"]),
            "cached" if row["cached"] else row["error"] or row["state"],
        ]
        for row in rows
    ]
    return table(_CALLS, cells, right=range(3, 8), style=lambda line: out_style(line, bold=True))


def unknown_line(total: Row) -> str | None:
    """Says of how many calls the cost is not known; `None` if it is of all."""
    count = total["unknown"]
    if not count:
        return None
    calls = "one call" if count == 1 else f"{count:,} calls"
    return f"The cost of {calls} is not known, or not all of it."


def cost_text(cost: float, unknown: int, calls: int = 1) -> str:
    """The cost of some calls, of which that of some is unknown."""
    if not unknown:
        return dollars(cost)
    return "unknown" if unknown >= calls and not cost else f"{_at_least()} {dollars(cost)}"


def to_csv(by: str, rows: Sequence[Row]) -> str:
    """The sums for a spreadsheet, which takes no name for a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([by, *COLUMNS])
    for row in rows:
        name = one_line(row["name"] or "")
        writer.writerow([f"'{name}" if name.startswith(tuple(_FORMULA)) else name, *[row[key] for key in COLUMNS]])
    return text.getvalue()


def _counts(row: Row) -> list[str]:
    shared = f"{100 * row['cached'] / row['calls']:.0f} %" if row["calls"] else ""
    cost = cost_text(row["cost"], row["unknown"], row["calls"])
    return [
        *(f"{row['calls']:,}", f"{row['errors']:,}" if row["errors"] else "", shared if row["cached"] else ""),
        *(f"{row['input_tokens']:,}", f"{row['output_tokens']:,}", cost),
    ]


def _budget_name(one: Row) -> str:
    return one["period"] if one["name"] is None else f"{one['period']}, {one['scope']} {one_line(one['name'], _NAME)}"


def _colored(line: str, share: float) -> str:
    return out_style(line, fg="red" if share >= 1 else None)


def _named(name: str | None) -> str:
    return "-" if name is None else one_line(name, _NAME)


def _text(text: str | None) -> str | None:
    return None if text is None else one_line(text, _NAME)


def _count(count: int | None) -> str | None:
    return None if count is None else f"{count:,}"


def _seconds(seconds: float | None) -> str | None:
    return None if seconds is None else f"{seconds:.2f} s"


def _at_least() -> str:
    return "≥" if (sys.stdout.encoding or "").lower().startswith("utf") else ">="
