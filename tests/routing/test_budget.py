"""Budgets of repeats and hedges: beside a model, in every stretch of the traffic."""

from __future__ import annotations

from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from claif.routing.budget import Budget
from claif.routing.hedge import HedgeBudget
from claif.routing.retry_policy import RetryBudget


class Stretches(RuleBasedStateMachine):
    """First calls and extra ones in any order; the model adds up every stretch of them, in hundredths."""

    make: ClassVar[type[Budget]]

    @initialize(ratio=st.sampled_from([0, 1, 5, 10, 30, 100]), initial=st.sampled_from([0, 1, 2, 10]))
    def begin(self, ratio: int, initial: int) -> None:
        self.ratio, self.initial = ratio, initial
        self.budget = self.make(ratio / 100, initial)
        self.firsts = 0
        self.extra: list[int] = []
        """How many first calls there had been before each extra one."""
        self.reserve = 100 * initial

    @rule(times=st.sampled_from([1, 1, 3, 20, 300]))
    def first_calls(self, times: int) -> None:
        for _ in range(times):
            self.budget.deposit()
        self.firsts += times
        self.reserve = min(self.reserve + times * self.ratio, 100 * max(1, self.initial))

    @rule(times=st.sampled_from([1, 2, 15]))
    def extra_calls(self, times: int) -> None:
        for _ in range(times):
            permitted = self.budget.withdraw()
            assert permitted == (self.reserve >= 100)
            if permitted:
                self.reserve -= 100
                self.extra.append(self.firsts)
                self.look_at_every_stretch()

    def look_at_every_stretch(self) -> None:
        most = 100 * max(1, self.initial)
        for number, since in enumerate(reversed(self.extra), 1):
            assert 100 * number <= self.ratio * (self.firsts - since) + most
        assert 100 * len(self.extra) <= self.ratio * self.firsts + 100 * self.initial


class Retries(Stretches):
    make = RetryBudget


class Hedges(Stretches):
    make = HedgeBudget


TestRetries = Retries.TestCase
TestHedges = Hedges.TestCase
TestRetries.settings = TestHedges.settings = settings(
    max_examples=280,
    stateful_step_count=40,
    suppress_health_check=[HealthCheck.too_slow],  # a busy machine is no failure
)


def test_ten_tenths_are_a_whole() -> None:
    budget = Budget(0.1, 0)
    for _ in range(9):
        budget.deposit()
        assert not budget.withdraw()
    budget.deposit()
    assert budget.withdraw()
    assert not budget.withdraw()


def test_a_calm_day_does_not_save_up_for_a_storm() -> None:
    budget = Budget(0.1, 3)
    for _ in range(10_000):
        budget.deposit()
    assert [budget.withdraw() for _ in range(4)] == [True, True, True, False]


def test_a_dead_endpoint_is_asked_little_more_often_than_there_are_queries() -> None:
    budget = RetryBudget()
    asked = 0
    for _ in range(1000):
        budget.deposit()
        asked += 1
        while budget.withdraw():
            asked += 1
    assert asked == 1000 * 1.1 + 9, "the first deposit finds the reserve full"


def test_by_default_one_query_in_twenty_is_hedged_and_one_more() -> None:
    budget = HedgeBudget()
    hedged = 0
    for _ in range(1000):
        budget.deposit()
        hedged += budget.withdraw()
    assert hedged == 50
    assert HedgeBudget().withdraw()
