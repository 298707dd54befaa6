"""Every contender beside Claif in one table, and where Claif is behind."""

from __future__ import annotations

from collections.abc import Sequence

from comparison import Comparison
from contenders import CONTENDERS
from reading import brief, number, table

INTRODUCTION = """Medians of the rounds; in brackets Claif's figure as a multiple of the peer's, which is taken inside
each round; bold where the peer does better. A difference under 20 % is noise."""


def overview(comparisons: Sequence[Comparison]) -> str:
    """The table with its explanation and its summary, a row for each peer; empty if nothing was compared."""
    if not comparisons:
        return ""
    peers = [name for name in CONTENDERS if any(name in one.values for one in comparisons)]
    cells = [["", *(f"{one.title}, {one.unit}" for one in comparisons)]]
    cells += [[name, *(figure(one, name) for one in comparisons)] for name in peers]
    return "\n\n".join([INTRODUCTION, table(cells), behind(comparisons)])


def figure(comparison: Comparison, name: str) -> str:
    """What a contender reached."""
    if name not in comparison.values:
        return ""
    ratio = comparison.ratio(name)
    told = brief(comparison.reached(name)) + ("" if ratio is None else f" ({number(ratio)} x)")
    return f"**{told}**" if name in comparison.ahead() else told


def behind(comparisons: Sequence[Comparison]) -> str:
    """Where a peer does better than Claif, in words."""
    lines = [f"- {one.title}: {', '.join(names)}" for one in comparisons if (names := one.ahead())]
    return "\n".join(["A peer does better than Claif here:\n", *lines]) if lines else "No peer does better anywhere."
