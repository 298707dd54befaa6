"""A rate that is let through, and never more: beside a model that looks at every window there was."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from claif.routing.gcra import Gcra, Grant

RATE, BURST = 4.0, 10.0
COSTS = st.sampled_from([0, 1, 1, 3, 7, 10, 11, 25])


class Windows(RuleBasedStateMachine):
    """Anything is taken and settled; the model keeps each cost with its moment, and adds up every window."""

    grants = Bundle("grants")

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.gcra = Gcra(RATE, BURST)
        self.costs: list[list[float]] = []
        self.places: dict[Grant, int] = {}
        self.charged = 0.0

    @rule(seconds=st.sampled_from([0.0, 0.1, 0.25, 1.0, 2.5, 10.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(target=grants, cost=COSTS, patient=st.booleans())
    def take(self, cost: int, patient: bool) -> Grant | None:
        wait = self.gcra.wait(self.now, cost)
        assert wait == self.gcra.wait(self.now, cost) >= 0
        if patient:
            if wait > 0.002:
                assert self.gcra.wait(self.now + wait - 0.001, cost) > 0
            self.now += wait
            wait = 0.0
        grant = self.gcra.take(self.now, cost)
        assert (grant is not None) == (wait == 0)
        if grant is not None:
            self.places[grant] = len(self.costs)
            self.costs.append([self.now, cost, max(cost, BURST)])
            self.charged += cost
            self.look_at_every_window()
        return grant

    @rule(grant=consumes(grants), share=st.sampled_from([0.0, 0.3, 1.0, 1.0, 1.5]))
    def settle(self, grant: Grant | None, share: float) -> None:
        if grant is None:
            return
        used = grant.cost * share
        self.gcra.settle(self.now, used - grant.cost, grant)
        if used > grant.cost:
            self.costs.append([self.now, used - grant.cost, 0.0])
            self.charged += used - grant.cost
        else:
            self.costs[self.places[grant]][1] = used

    def look_at_every_window(self) -> None:
        """Of those that end with what was let through just now; earlier ones were looked at before."""
        end, _, most_at_once = self.costs[-1]
        total = 0.0
        for start, cost, _ in reversed(self.costs):
            total += cost
            assert total <= RATE * (end - start) + most_at_once + 1e-6

    @invariant()
    def it_becomes_free_again(self) -> None:
        assert self.gcra.wait(self.now + self.charged / RATE + 1e-6, 1000) == 0, "all that was ever taken is paid for"


TestWindows = Windows.TestCase
TestWindows.settings = settings(
    max_examples=220,
    stateful_step_count=50,
    suppress_health_check=[HealthCheck.too_slow],  # a busy machine is no failure
)


class TestWaiting:
    """How long something waits."""

    def test_at_first_a_whole_burst_is_let_through(self) -> None:
        gcra = Gcra(2.0, 5.0)
        assert all(gcra.take(0.0, 1) for _ in range(5))
        assert gcra.take(0.0, 1) is None
        assert gcra.wait(0.0, 1) == 0.5

    def test_then_the_rate(self) -> None:
        gcra = Gcra(2.0, 1.0)
        now, moments = 100.0, []
        for _ in range(4):
            now += gcra.wait(now, 1)
            assert gcra.take(now, 1)
            moments.append(now)
        assert moments == [100.0, 100.5, 101.0, 101.5]

    def test_a_pause_saves_up_no_more_than_a_burst(self) -> None:
        gcra = Gcra(2.0, 3.0)
        assert gcra.take(0.0, 3)
        assert [gcra.take(1000.0, 1) is not None for _ in range(4)] == [True, True, True, False]

    def test_a_larger_cost_waits_longer(self) -> None:
        gcra = Gcra(1.0, 10.0)
        assert gcra.take(0.0, 8)
        assert gcra.wait(0.0, 2) == 0
        assert gcra.wait(0.0, 3) == 1
        assert gcra.wait(0.0, 10) == 8

    def test_asking_has_no_effect_and_neither_has_a_refusal(self) -> None:
        gcra = Gcra(1.0, 1.0)
        assert gcra.take(0.0, 1)
        for _ in range(3):
            assert gcra.take(0.25, 1) is None
            assert gcra.wait(0.25, 1) == 0.75

    def test_what_is_larger_than_a_burst_comes_alone_and_is_paid_for_afterwards(self) -> None:
        gcra = Gcra(2.0, 5.0)
        assert gcra.take(0.0, 1)
        assert gcra.wait(0.0, 20) == 0.5
        assert gcra.take(0.5, 20)
        assert gcra.wait(0.5, 5) == 10.0
        assert gcra.wait(0.5, 1) == 8.0

    def test_rounding_makes_nobody_wait(self) -> None:
        gcra = Gcra(1 / 3, 1.0)
        now = 123456.789
        for _ in range(200):
            assert gcra.take(now, 1)
            now += gcra.wait(now, 1)


class TestSettling:
    """When it turns out what something cost."""

    def test_too_low_an_estimate_is_paid_for_from_now_on(self) -> None:
        gcra = Gcra(1.0, 10.0)
        grant = gcra.take(0.0, 4)
        gcra.settle(2.0, 5, grant)
        assert gcra.wait(2.0, 10) == 7
        gcra.settle(100.0, 3, grant)
        assert gcra.wait(100.0, 10) == 3

    def test_too_high_an_estimate_is_given_back(self) -> None:
        gcra = Gcra(1.0, 10.0)
        grant = gcra.take(0.0, 10)
        gcra.settle(1.0, -6, grant)
        assert gcra.wait(1.0, 10) == 3

    def test_it_is_given_back_though_others_came_later(self) -> None:
        gcra = Gcra(1.0, 150.0)
        grant = gcra.take(0.0, 100)
        assert gcra.take(10.0, 50)
        gcra.settle(50.0, -80, grant)
        assert gcra.wait(50.0, 150) == 20

    def test_what_was_paid_for_long_ago_is_not_given_back(self) -> None:
        gcra = Gcra(1.0, 100.0)
        grant = gcra.take(0.0, 100)
        assert gcra.take(200.0, 50)
        gcra.settle(200.0, -100, grant)
        assert gcra.wait(200.0, 100) == 50

    @pytest.mark.parametrize("lag", [1, 5, 15])
    def test_under_steady_load_estimates_that_are_twice_too_high_halve_nothing(self, lag: int) -> None:
        gcra = Gcra(10.0, 100.0)
        now, used, under_way = 0.0, 0.0, []
        for _ in range(3000):
            now += gcra.wait(now, 10)
            under_way.append(gcra.take(now, 10))
            used += 5
            if len(under_way) > lag:
                gcra.settle(now, -5, under_way.pop(0))
        assert used <= 10 * now + 100 + 5 * lag
        assert used >= 0.97 * 10 * now - 5 * lag

    def test_of_what_came_since_only_the_least_paid_for_matters(self) -> None:
        gcra = Gcra(1.0, 100.0)
        grant = gcra.take(0.0, 50)
        assert gcra.take(30.0, 10)
        assert gcra.take(55.0, 40)
        assert gcra.take(60.0, 1)
        gcra.settle(60.0, -50, grant)
        assert gcra.wait(60.0, 100) == 36, "5 were still to be paid for at 55, no more can be given back"

    def test_what_was_given_back_is_not_given_back_to_another(self) -> None:
        gcra = Gcra(1.0, 100.0)
        first, second = gcra.take(0.0, 30), gcra.take(0.0, 30)
        assert gcra.take(40.0, 10)
        gcra.settle(40.0, -15, first)
        gcra.settle(40.0, -15, second)
        assert gcra.wait(40.0, 100) == 10

    def test_no_more_is_given_back_than_was_taken(self) -> None:
        gcra = Gcra(1.0, 10.0)
        assert gcra.take(0.0, 5)
        grant = gcra.take(0.0, 3)
        gcra.settle(0.0, -100, grant)
        assert gcra.wait(0.0, 10) == 5

    def test_a_rate_other_than_one_a_second_is_minded(self) -> None:
        gcra = Gcra(2.0, 10.0)
        grant = gcra.take(0.0, 4)
        gcra.settle(0.0, 1, grant)
        assert gcra.wait(0.0, 10) == 2.5
        grant = gcra.take(0.0, 3)
        gcra.settle(0.0, -100, grant)
        assert gcra.wait(0.0, 10) == 2.5

    def test_of_very_many_moments_the_least_paid_for_is_remembered_still(self) -> None:
        gcra = Gcra(1.0, 1000.0)
        grant = gcra.take(0.0, 50)
        assert all(gcra.take(48.0, 1) for _ in range(101))
        assert len(gcra._slack) == 64
        gcra.settle(48.0, -50, grant)
        assert gcra.wait(48.0, 1000) == 101, "2 were still to be paid for at first"

    @pytest.mark.parametrize("difference", [0.0, float("nan")])
    def test_no_difference_changes_nothing(self, difference: float) -> None:
        gcra = Gcra(1.0, 10.0)
        grant = gcra.take(0.0, 10)
        gcra.settle(1.0, difference, grant)
        assert gcra.wait(1.0, 10) == 9
