"""Charts of what was compared, as SVG that reads well on a light and on a dark page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from comparison import Comparison
from contenders import CLAIF
from reading import brief, number

WIDTH, LEFT, RIGHT = 760, 180, 140
TOP, ROW, BAR = 78, 30, 18
STEEP = 20
"""From this factor between the largest and the smallest value on, the scale is logarithmic."""

STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: #24292f }
.card { fill: #ffffff; stroke: #d0d7de }
.title { font-size: 16px; font-weight: 600 }
.soft { fill: #57606a; font-size: 12px }
.grid { stroke: #d8dee4 }
.bar { fill: #9aa4af }
.ours { fill: #0969da }
.range { stroke: #24292f; stroke-width: 1.5 }
.name { text-anchor: end }
.tick { text-anchor: middle }
.bold { font-weight: 600 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .card { fill: #161b22; stroke: #30363d }
  .soft { fill: #9198a1 }
  .grid { stroke: #30363d }
  .bar { fill: #5d6874 }
  .ours { fill: #4493f8 }
  .range { stroke: #e6edf3 }
}
"""


class Scale:
    """Where a value lies between the left and the right end of the bars."""

    def __init__(self, values: Sequence[float], *, linear: bool = False) -> None:
        low, high = min(values), max(values)
        self.logarithmic = not linear and low > 0 and high / low >= STEEP
        if self.logarithmic:
            # Half of the smallest value is still on the chart, so that its bar can be seen.
            first, last = math.floor(math.log10(low / 2)), math.ceil(math.log10(high))
            self.ticks = [10.0**power for power in range(first, last + 1)]
        else:
            step = nice(high / 4) if high > 0 else 1
            self.ticks = [step * count for count in range(max(math.ceil(high / step), 1) + 1)]

    def at(self, value: float) -> float:
        """Pixels from the left end."""
        first, last = self.ticks[0], self.ticks[-1]
        if self.logarithmic:
            share = math.log10(max(value, first) / first) / math.log10(last / first)
        else:
            share = max(value, 0) / last
        return share * (WIDTH - LEFT - RIGHT)


def nice(step: float) -> float:
    """The next of 1, 2 and 5 with a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * 0.999)


def ranked(comparison: Comparison) -> list[str]:
    """The contenders, the best first."""
    return sorted(comparison.values, key=comparison.reached, reverse=comparison.at_least)


def svg(comparison: Comparison) -> str:
    """The whole chart."""
    names = ranked(comparison)
    scale = Scale([value for values in comparison.values.values() for value in values], linear=comparison.leftover)
    bottom = TOP + ROW * len(names)
    notes = footer(comparison)
    height = bottom + 34 + 17 * len(notes)
    better = "more is better" if comparison.at_least else "less is better"
    subtitle = f"{comparison.unit}; {better}" + ("; logarithmic scale" if scale.logarithmic else "")
    told = "; ".join(f"{name} {brief(comparison.reached(name))}" for name in names)
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size}>',
        f"<title>{escape(comparison.title)}</title>",
        f"<desc>{escape(f'{subtitle}: {told}')}</desc>",
        f"<style>{STYLE}</style>",
        f'<rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="6"/>',
        text(20, 30, comparison.title, "title"),
        text(20, 50, subtitle, "soft"),
    ]
    for tick in scale.ticks:
        x = LEFT + scale.at(tick)
        parts += [
            f'<line class="grid" x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{bottom}"/>',
            text(x, bottom + 16, f"{tick:,g}", "soft tick"),
        ]
    for row, name in enumerate(names):
        parts += bar(comparison, scale, name, TOP + ROW * row)
    parts += [text(20, bottom + 38 + 17 * line, note, "soft") for line, note in enumerate(notes)]
    return "\n".join([*parts, "</svg>"]) + "\n"


def bar(comparison: Comparison, scale: Scale, name: str, top: float) -> list[str]:
    """A contender's name, bar, range of the rounds, and what was reached."""
    values, middle = comparison.values[name], top + BAR / 2
    ours = name.startswith(CLAIF)
    low, reached, high = (LEFT + scale.at(value) for value in (min(values), comparison.reached(name), max(values)))
    kind, bold = ("ours", " bold") if ours else ("bar", "")
    ratio = comparison.ratio(name)
    told = brief(comparison.reached(name)) + (f" ({number(ratio)} x)" if ratio is not None and not ours else "")
    parts = [
        text(LEFT - 10, middle + 4.5, name, "name" + bold),
        f'<rect class="{kind}" x="{LEFT}" y="{top}" width="{max(reached - LEFT, 1):.1f}" height="{BAR}"/>',
        text(max(reached, high) + 8, middle + 4.5, told, bold.strip()),
    ]
    if high - low >= 1:
        parts.append(f'<line class="range" x1="{low:.1f}" y1="{middle}" x2="{high:.1f}" y2="{middle}"/>')
    return parts


def footer(comparison: Comparison) -> list[str]:
    """How to read the chart."""
    rounds = max(len(values) for values in comparison.values.values())
    fewer = " or fewer" if any(len(values) < rounds for values in comparison.values.values()) else ""
    lines = []
    if rounds > 1:
        lines.append(f"Median of {rounds} rounds{fewer}; the thin line is their range.")
    if any(comparison.ratio(name) is not None for name in comparison.values):
        lines.append("In brackets: Claif's figure as a multiple of this one.")
    return [" ".join(lines), *([comparison.note] if comparison.note else [])]


def text(x: float, y: float, words: str, classes: str = "") -> str:
    kind = f' class="{classes}"' if classes else ""
    return f'<text{kind} x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'


def write_charts(comparisons: Sequence[Comparison], folder: Path) -> None:
    """Write each chart as NAME.svg."""
    for comparison in comparisons:
        (folder / f"{comparison.name}.svg").write_text(svg(comparison))
