"""A chart shows what was compared: all of it, in order, to scale."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from charts import LEFT, RIGHT, WIDTH, Scale, nice, ranked, svg, write_charts
from comparison import Comparison
from hypothesis import given
from hypothesis import strategies as st

SVG = "{http://www.w3.org/2000/svg}"
VALUES = {"litellm": [4.0, 4.4], "claif": [0.6, 0.4], "openai": [1.5, 1.7]}


def comparison(values: dict[str, list[float]], **more: object) -> Comparison:
    return Comparison("call", "One call", "ms CPU", values, **more)


def drawn(of: Comparison) -> ET.Element:
    return ET.fromstring(svg(of))


def names_of(chart: ET.Element) -> list[str | None]:
    return [text.text for text in chart.iter(f"{SVG}text") if "name" in text.get("class", "")]


def bars_of(chart: ET.Element) -> dict[str | None, ET.Element]:
    bars = [rect for rect in chart.iter(f"{SVG}rect") if rect.get("class") in {"bar", "ours"}]
    return dict(zip(names_of(chart), bars, strict=True))


def words_of(chart: ET.Element) -> str:
    return "\n".join(text.text or "" for text in chart.iter(f"{SVG}text"))


def test_the_best_stands_first() -> None:
    assert names_of(drawn(comparison(VALUES))) == ["claif", "openai", "litellm"]
    assert names_of(drawn(comparison(VALUES, at_least=True))) == ["litellm", "openai", "claif"]


def test_a_peer_that_is_better_stands_before_claif() -> None:
    assert ranked(comparison({"claif": [2.0], "httpcore2 on trio": [1.0]})) == ["httpcore2 on trio", "claif"]


def test_only_what_is_claifs_stands_out() -> None:
    bars = bars_of(drawn(comparison({"claif": [2.0], "claif, its models only": [1.0], "openai": [3.0]})))
    assert [name for name, bar in bars.items() if bar.get("class") == "ours"] == ["claif, its models only", "claif"]


def test_each_bar_tells_its_value_and_claifs_multiple_of_it() -> None:
    words = words_of(drawn(comparison({"claif": [0.5], "openai": [2.0]})))
    assert "\n2 (0.25 x)" in words
    assert "\n0.50\n" in words


def test_bars_are_as_long_as_their_values_on_a_linear_scale() -> None:
    bars = bars_of(drawn(comparison({"claif": [1.0], "openai": [4.0]})))
    assert float(bars["openai"].get("width", "")) == pytest.approx(4 * float(bars["claif"].get("width", "")))


def test_values_far_apart_are_drawn_on_a_logarithmic_scale_that_is_told() -> None:
    steep = drawn(comparison({"claif": [0.3], "openai": [3.0], "llm": [30.0]}))
    widths = [float(bar.get("width", "")) for bar in bars_of(steep).values()]
    assert "logarithmic scale" in words_of(steep)
    assert widths[1] - widths[0] == pytest.approx(widths[2] - widths[1], abs=0.2)
    assert "logarithmic" not in words_of(drawn(comparison(VALUES)))


def test_what_should_be_nothing_is_drawn_on_a_linear_scale_without_multiples() -> None:
    words = words_of(drawn(comparison({"claif": [0.001], "openai": [0.4]}, leftover=True)))
    assert "logarithmic" not in words
    assert " x)" not in words


@pytest.mark.parametrize("values", [{"claif": [0], "openai": [0]}, {"claif": [-0.2, -0.1], "openai": [0.3, -0.1]}])
def test_nothing_and_less_than_nothing_can_be_drawn(values: dict[str, list[float]]) -> None:
    bars = bars_of(drawn(comparison(values, leftover=True)))
    assert float(bars["claif"].get("width", "")) == 1


def test_the_range_of_the_rounds_is_drawn_and_told() -> None:
    chart = drawn(comparison({"claif": [1.0, 2.0, 4.0], "openai": [3.0]}))
    ranges = [line for line in chart.iter(f"{SVG}line") if line.get("class") == "range"]
    assert len(ranges) == 1
    assert "Median of 3 rounds or fewer; the thin line is their range." in words_of(chart)


def test_a_note_is_shown_and_markup_in_words_is_harmless() -> None:
    chart = drawn(comparison({"claif": [1.0], "<b>&": [2.0]}, note="a < b & c"))
    assert "<b>&" in names_of(chart)
    assert "a < b & c" in words_of(chart)


def test_it_reads_in_the_dark_and_aloud() -> None:
    text = svg(comparison(VALUES))
    assert "prefers-color-scheme: dark" in text
    assert "<desc>ms CPU; less is better: claif 0.50; openai 1.60; litellm 4.20</desc>" in text


def test_it_loads_nothing_from_elsewhere() -> None:
    text = svg(comparison(VALUES)).replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|href|@import|url\(", text)


@given(st.lists(st.floats(1e-4, 1e6), min_size=1, max_size=9), st.booleans())
def test_every_value_has_its_place_between_the_ends(values: list[float], linear: bool) -> None:
    scale = Scale(values, linear=linear)
    places = [scale.at(value) for value in sorted(values)]
    assert places == sorted(places)
    assert all(0 <= place <= WIDTH - LEFT - RIGHT + 1e-6 for place in places)
    assert scale.at(scale.ticks[0]) == 0
    assert 2 <= len(scale.ticks) <= 12


@given(st.floats(1e-6, 1e9))
def test_a_nice_step_is_round_and_not_much_larger(step: float) -> None:
    found = nice(step)
    assert step * 0.99 <= found <= step * 2.6
    assert f"{found:.0e}"[0] in "125"


def test_each_comparison_becomes_a_file_of_its_name(tmp_path: Path) -> None:
    write_charts([comparison(VALUES), Comparison("first", "First", "ms", VALUES)], tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["call.svg", "first.svg"]
