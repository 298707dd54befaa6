"""Numbers and tables that read well, also on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median


def number(value: float) -> str:
    """Three digits that say something."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def brief(value: float) -> str:
    """The same, but a whole number as such."""
    return f"{value:,.0f}" if value == round(value) else number(value)


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
