"""A comparison is fair: ratios are taken inside a round, and who is ahead of Claif is told."""

from __future__ import annotations

from comparison import Comparison
from overview import behind, overview


def compared(values: dict[str, list[float]], **more: object) -> Comparison:
    return Comparison("call", "One call", "ms CPU", values, **more)


def test_a_ratio_is_taken_inside_each_round() -> None:
    """The machine was busy in the second round, for both."""
    assert compared({"claif": [1.0, 10.0, 1.1], "openai": [2.0, 20.0, 2.2]}).ratio("openai") == 0.5


def test_a_peer_with_fewer_rounds_is_compared_by_the_medians() -> None:
    assert compared({"claif": [1.0, 2.0, 9.0], "openai": [4.0]}).ratio("openai") == 0.5


def test_claif_has_no_ratio_to_itself() -> None:
    assert compared({"claif": [1.0]}).ratio("claif") is None


def test_who_needs_less_is_ahead() -> None:
    assert compared({"claif": [2.0], "openai": [1.0], "litellm": [3.0]}).ahead() == ["openai"]


def test_who_does_more_is_ahead_where_more_is_better() -> None:
    assert compared({"claif": [2.0], "openai": [1.0], "litellm": [3.0]}, at_least=True).ahead() == ["litellm"]


def test_who_leaves_less_behind_is_ahead_and_equals_are_not() -> None:
    values = {"claif": [1.0], "openai": [0.0], "litellm": [1.0]}
    assert compared(values, leftover=True).ahead() == ["openai"]


def test_what_is_no_contender_is_ahead_of_nobody() -> None:
    assert compared({"claif": [2.0], "bare Python": [1.0]}).ahead() == []


def test_the_overview_has_a_row_for_each_peer_and_bold_figures_where_it_is_ahead() -> None:
    first = compared({"claif": [2.0], "openai": [1.0], "bare Python": [0.5]})
    second = Comparison("flight", "In flight", "calls a second", {"claif": [9.0], "llm": [3.0]}, at_least=True)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in overview([first, second]).splitlines()]
    assert ["", "One call, ms CPU", "In flight, calls a second"] in rows
    assert ["claif", "2", "9"] in rows
    assert ["openai", "**1 (2.00 x)**", ""] in rows
    assert ["llm", "", "3 (3.00 x)"] in rows
    assert not any(row and row[0] == "bare Python" for row in rows)


def test_nothing_is_said_of_nothing() -> None:
    assert overview([]) == ""


def test_where_claif_is_behind_is_said_in_words() -> None:
    assert "- One call: openai" in behind([compared({"claif": [2.0], "openai": [1.0]})])
    assert behind([compared({"claif": [1.0], "openai": [2.0]})]) == "No peer does better anywhere."
