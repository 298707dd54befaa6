"""One figure of Claif beside that of each peer: what a chart shows, and a column of the overview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from contenders import CLAIF, CONTENDERS
from measure import ratios


@dataclass
class Comparison:
    """Values of each contender, one a round; the chart's file has its name."""

    name: str
    title: str
    unit: str
    values: Mapping[str, Sequence[float]]
    at_least: bool = False
    """Whether more is better."""
    leftover: bool = False
    """Whether it counts what should be nothing, so that a ratio says little."""
    note: str = ""

    def reached(self, name: str) -> float:
        return median(self.values[name])

    def ratio(self, name: str) -> float | None:
        """Claif's figure as a multiple of a contender's, the median of the rounds."""
        if self.leftover or name == CLAIF:
            return None
        ours, theirs = self.values[CLAIF], self.values[name]
        if len(ours) != len(theirs):
            ours, theirs = [median(ours)], [median(theirs)]
        return median(ratios(ours, theirs))

    def ahead(self) -> list[str]:
        """The contenders that do better than Claif."""
        return [name for name in CONTENDERS if name in self.values and self._is_ahead(name)]

    def _is_ahead(self, name: str) -> bool:
        ratio = self.ratio(name)
        if ratio is None:
            return self.reached(name) < self.reached(CLAIF)
        return ratio < 1 if self.at_least else ratio > 1

    def as_json(self) -> dict[str, Any]:
        """All of it, so that a chart can be drawn again."""
        return asdict(self)
