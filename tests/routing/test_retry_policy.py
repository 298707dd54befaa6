"""How often a failed query is asked again, and after which pause."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.config.keep_going import RetrySettings
from claif.routing.retry_policy import RetryPolicy


class Highest(Random):
    """Chance that always draws the largest number."""

    def uniform(self, a: float, b: float) -> float:
        return b


class Lowest(Random):
    """Chance that always draws the smallest number."""

    def uniform(self, a: float, b: float) -> float:
        return a


def policy_of(**settings: float) -> RetryPolicy:
    return RetryPolicy(RetrySettings(**settings))


def test_the_longest_pause_doubles_up_to_the_cap() -> None:
    policy = policy_of(base=0.5, max_delay=8.0)
    assert [policy.delay(attempt, Highest()) for attempt in range(1, 8)] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    assert [policy.delay(attempt, Lowest()) for attempt in range(1, 8)] == [0.0] * 7


def test_very_many_attempts_overflow_nothing() -> None:
    assert policy_of(base=0.5, max_delay=8.0).delay(100_000, Highest()) == 8.0


def test_pauses_are_spread_over_the_whole_time() -> None:
    rng = Random(7)
    drawn = sorted(policy_of(base=8.0, max_delay=8.0).delay(1, rng) for _ in range(2000))
    assert len(set(drawn)) == 2000, "nobody comes back together with another"
    for share in (0.1, 0.5, 0.9):
        assert drawn[int(2000 * share)] == pytest.approx(8 * share, abs=0.4)


def test_the_same_chance_gives_the_same_pauses() -> None:
    first, second = ([policy_of().delay(attempt, rng) for attempt in range(1, 20)] for rng in (Random(1), Random(1)))
    assert first == second


@given(seconds=st.floats(0, 86_400), attempt=st.integers(1, 50))
def test_what_the_provider_asked_for_is_obeyed_exactly(seconds: float, attempt: int) -> None:
    assert policy_of(base=100.0, max_delay=0.001).delay(attempt, Random(1), seconds) == seconds


@pytest.mark.parametrize("nonsense", [-1.0, float("nan"), float("inf"), None])
def test_nonsense_is_as_good_as_nothing(nonsense: float | None) -> None:
    policy = policy_of(max_attempts=2, base=0.5, max_retry_after=1.0)
    assert policy.delay(1, Highest(), nonsense) == 0.5
    assert policy.permits(1, nonsense)


def test_a_query_is_asked_so_often_and_no_more() -> None:
    policy = policy_of(max_attempts=3)
    assert [policy.permits(attempt) for attempt in (1, 2, 3, 4)] == [True, True, False, False]
    assert not policy_of(max_attempts=1).permits(1)


def test_a_provider_that_asks_for_too_much_time_is_not_asked_again() -> None:
    policy = policy_of(max_retry_after=60.0)
    assert policy.permits(1, 60.0)
    assert not policy.permits(1, 60.001)
    assert policy_of(max_retry_after=0.0).permits(1)
