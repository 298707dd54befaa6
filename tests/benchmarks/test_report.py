"""The page of results shows every goal, every peer and every chart."""

from __future__ import annotations

import json
import re
from pathlib import Path

from comparison import Comparison
from report import Check, Conditions, Row, goals, page

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"
CHARTS = {
    name for path in BENCHMARKS.glob("*.py") for name in re.findall(r'\bComparison\(\s*"(\w+)"', path.read_text())
}


def row() -> Row:
    checks = [Check("to openai", [0.2, 0.3, 0.4], 0.25), Check("to llm", [0.1])]
    compared = Comparison("call", "One call", "ms CPU", {"claif": [1.0], "openai": [3.0]})
    return Row("call", "Call", checks, {"claif": "1 ms"}, [compared])


def test_a_goal_that_is_missed_is_shown_as_missed() -> None:
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in goals([row()]).splitlines()]
    assert ["Call: to openai", "≤ 0.25 x", "0.30 x (0.20 to 0.40)", "**no**"] in cells
    assert ["Call: to llm", "-", "0.10 x", ""] in cells


def test_the_page_shows_each_chart_beside_its_figures() -> None:
    text = page([row()], ["claif 2.0", "openai 3.0"], Conditions("run", 0.5, "C"))
    assert "![One call](call.svg)" in text
    assert "| openai | 3 (0.33 x)" in text
    assert "claif 2.0, openai 3.0" in text


def test_every_row_can_be_kept_as_json() -> None:
    kept = json.loads(json.dumps(row().as_json()))
    assert [Comparison(**one) for one in kept["comparisons"]] == row().comparisons
    assert kept["checks"][0]["met"] is False


def test_the_page_of_the_documentation_shows_every_chart_that_is_written() -> None:
    """And each of them lies in the repository."""
    shown = re.findall(r"benchmarks/(\w+)\.svg", (ROOT / "docs" / "explanation" / "performance.md").read_text())
    assert len(CHARTS) >= 10
    assert sorted(shown) == sorted(CHARTS)
    assert {path.stem for path in BENCHMARKS.glob("*.svg")} == CHARTS
