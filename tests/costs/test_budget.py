"""Budgets: which limits hold, when one would be overrun, and what is told of them."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.config.cost_schema import BudgetLimits, BudgetSettings
from claif.costs.budget import (
    Limit,
    day_of,
    every_limit,
    left,
    limits_of,
    nearly_spent,
    overrun,
    period_end,
    period_of,
    to_claim,
)

NOON = 1_795_780_800.0
"""2026-11-27, 12 o'clock by UTC."""
DAY = Limit("all", "", "day", 5.0)
SETTINGS = BudgetSettings(
    query=1,
    day=5,
    routes={"safe": BudgetLimits(day=2)},
    providers={"openai": BudgetLimits(month=30)},
    tags={"work": BudgetLimits(query=0.5, month=10)},
)


def names(*limits: Limit) -> list[str]:
    return [f"{one.scope}:{one.name}:{one.period}:{one.dollars:g}" for one in limits]


def test_the_limits_that_hold_are_those_of_all_and_of_who_is_concerned() -> None:
    assert names(*limits_of(SETTINGS, provider="other", route=None, tag=None)) == ["all::query:1", "all::day:5"]
    assert names(*limits_of(SETTINGS, provider="openai", route="safe", tag="work")) == [
        *("all::query:1", "all::day:5", "route:safe:day:2", "provider:openai:month:30"),
        *("tag:work:query:0.5", "tag:work:month:10"),
    ]
    assert limits_of(BudgetSettings(), provider="openai", route="safe", tag="work") == ()


def test_every_limit_is_listed_once() -> None:
    assert names(*every_limit(SETTINGS)) == names(*limits_of(SETTINGS, provider="openai", route="safe", tag="work"))


@pytest.mark.parametrize(
    ("spent", "cost", "over"),
    [
        (4.0, 1.0, False),
        (4.0, 1.001, True),
        (0.0, 5.0, False),
        (0.0, 5.001, True),
        (7.0, 0.0, False),
        (4.99, None, False),
        (5.0, None, True),
        (0.1 + 0.2, 4.7, False),
    ],
)
def test_a_call_may_spend_what_is_left_and_no_more(spent: float, cost: float | None, over: bool) -> None:
    assert overrun([DAY], [spent], cost) == (0 if over else None)


def test_the_first_limit_that_would_be_overrun_is_named() -> None:
    limits = [DAY, Limit("tag", "work", "month", 1.0), Limit("route", "r", "day", 0.5)]
    assert overrun(limits, [0, 0.9, 0.45], 0.2) == 1
    assert overrun(limits, [0, 0.1, 0.45], 0.2) == 2
    assert overrun([], [], 1e9) is None


@given(st.lists(st.tuples(st.floats(0.01, 100), st.floats(0, 100)), min_size=1, max_size=5))
def test_what_is_left_may_be_spent_by_every_limit(pairs: list[tuple[float, float]]) -> None:
    limits = [Limit("all", str(number), "day", dollars) for number, (dollars, _) in enumerate(pairs)]
    spent = [dollars for _, dollars in pairs]
    rest = left(limits, spent)
    assert rest == max(0.0, min(dollars - used for dollars, used in pairs))
    assert overrun(limits, spent, rest) is None


def test_where_nothing_limits_everything_is_left() -> None:
    assert left([], []) == inf


@pytest.mark.parametrize(
    ("period", "spent", "told"), [("day", 3.99, False), ("day", 4.0, True), ("month", 9.0, True), ("query", 5.0, False)]
)
def test_the_user_is_told_from_a_share_on_but_not_of_single_queries(period: str, spent: float, told: bool) -> None:
    assert nearly_spent(Limit("all", "", period, 5.0), spent, 0.8) is told


def test_days_and_months_are_those_of_utc() -> None:
    assert day_of(NOON) == "2026-11-27"
    assert (period_of("day", NOON), period_of("month", NOON), period_of("query", NOON)) == ("2026-11-27", "2026-11", "")
    assert day_of(NOON + 12 * 3600) == "2026-11-28"
    assert day_of(NOON + 12 * 3600 - 0.001) == "2026-11-27"


def test_a_period_ends_when_the_next_begins() -> None:
    assert period_end("day", NOON) == NOON + 12 * 3600
    assert period_end("month", NOON) == NOON + (12 + 3 * 24) * 3600
    december = NOON + 30 * 86_400
    assert day_of(december)[:7] == "2026-12"
    assert day_of(period_end("month", december)) == "2027-01-01"


@given(st.integers(0, 4_000_000_000), st.sampled_from(["day", "month"]))
def test_the_end_of_a_period_is_in_another_one_and_just_before_it_is_not(now: int, period: str) -> None:
    end = period_end(period, now)
    assert end > now
    assert period_of(period, end) != period_of(period, now)
    assert period_of(period, end - 1) == period_of(period, now)


def test_limits_have_names_for_people_and_for_the_configuration() -> None:
    tag = Limit("tag", "my work", "month", 1.0)
    assert (str(DAY), DAY.setting) == ("the budget of a day", "budget.day")
    assert (str(tag), tag.setting) == ("the budget of a month for the tag my work", 'budget.tags."my work".month')


def test_keys_differ_by_limit_and_time() -> None:
    assert DAY.key(NOON) == "budget:all::day:2026-11-27"
    assert Limit("tag", "work", "month", 1).key(NOON) == "budget:tag:work:month:2026-11"


def test_a_claim_on_shared_budgets_has_days_and_months_and_outlasts_them_by_a_day() -> None:
    limits = [Limit("all", "", "query", 1.0), DAY, Limit("tag", "work", "month", 10.0)]
    day, month = to_claim(limits, 0.25, NOON)
    assert (day.key, day.limit, day.cost, day.lasts) == ("budget:all::day:2026-11-27", 5.0, 0.25, (12 + 24) * 3600)
    assert (month.key, month.limit, month.cost) == ("budget:tag:work:month:2026-11", 10.0, 0.25)
    assert month.lasts == (12 + 4 * 24) * 3600
