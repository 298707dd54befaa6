"""The circuit breaker, rule by rule."""

from __future__ import annotations

from claif.config.keep_going import BreakerSettings
from claif.routing.breaker import Breaker

NEVER = 10**6
"""Failures in a row that do not occur."""


def breaker(**given: float) -> Breaker:
    """A breaker that opens after three failures in a row, for 5 seconds, then 10, then 16."""
    usual = {"failures": 3, "minimum_calls": NEVER, "cool_down": 5.0, "max_cool_down": 16.0}
    return Breaker(BreakerSettings(**{**usual, **given}))


def fail(endpoint: Breaker, now: float, times: int = 1) -> None:
    for _ in range(times):
        permit = endpoint.acquire(now)
        assert permit is not None
        endpoint.failure(permit, now)


def succeed(endpoint: Breaker, now: float, seconds: float = 0.1) -> None:
    permit = endpoint.acquire(now)
    assert permit is not None
    endpoint.success(permit, now, seconds)


class TestOpening:
    """When an endpoint is left alone."""

    def test_it_opens_after_so_many_failures_in_a_row(self) -> None:
        endpoint = breaker()
        fail(endpoint, 1.0, 2)
        assert endpoint.state(1.0) == "closed"
        fail(endpoint, 1.5)
        assert endpoint.state(1.5) == "open"
        assert endpoint.reopens_at == 6.5

    def test_a_success_breaks_the_row(self) -> None:
        endpoint = breaker()
        for _ in range(5):
            fail(endpoint, 1.0, 2)
            succeed(endpoint, 1.0)
        assert endpoint.state(1.0) == "closed"

    def test_it_opens_when_too_large_a_share_failed_of_enough_calls(self) -> None:
        endpoint = breaker(failures=NEVER, minimum_calls=20, failure_rate=0.55)
        fail(endpoint, 1.0, 11)
        for _ in range(8):
            succeed(endpoint, 1.0)
        assert endpoint.state(1.0) == "closed"
        succeed(endpoint, 1.0)
        assert endpoint.state(1.0) == "open"

    def test_a_smaller_share_does_not_open_it(self) -> None:
        endpoint = breaker(failures=NEVER, minimum_calls=4, failure_rate=0.5)
        for _ in range(3):
            succeed(endpoint, 1.0)
        fail(endpoint, 1.0, 2)
        assert endpoint.state(1.0) == "closed"
        fail(endpoint, 1.0)
        assert endpoint.state(1.0) == "open"

    def test_calls_that_the_window_has_left_behind_do_not_count(self) -> None:
        endpoint = breaker(failures=NEVER, minimum_calls=3, failure_rate=0.5, window=60.0)
        fail(endpoint, 0.0, 2)
        succeed(endpoint, 60.0)
        assert endpoint.state(60.0) == "closed"
        fail(endpoint, 60.0)
        assert endpoint.state(60.0) == "closed"
        fail(endpoint, 60.0)
        assert endpoint.state(60.0) == "open"

    def test_slow_calls_open_it(self) -> None:
        endpoint = breaker(failures=NEVER, minimum_calls=4, failure_rate=0.5, slow_call=2.0)
        for seconds in (1.9, 1.9, 2.0):
            succeed(endpoint, 1.0, seconds)
        assert endpoint.state(1.0) == "closed"
        succeed(endpoint, 1.0, 2.5)
        assert endpoint.state(1.0) == "open"

    def test_less_than_a_second_can_be_slow(self) -> None:
        endpoint = breaker(failures=NEVER, minimum_calls=2, failure_rate=1.0, slow_call=0.5)
        succeed(endpoint, 1.0, 0.5)
        succeed(endpoint, 1.0, 0.6)
        assert endpoint.state(1.0) == "open"

    def test_failures_and_slow_calls_are_not_added_up(self) -> None:
        endpoint = breaker(failures=NEVER, minimum_calls=5, failure_rate=0.5, slow_call=2.0)
        fail(endpoint, 1.0, 2)
        succeed(endpoint, 1.0, 3.0)
        succeed(endpoint, 1.0, 3.0)
        succeed(endpoint, 1.0)
        assert endpoint.state(1.0) == "closed"

    def test_no_call_is_slow_unless_that_is_configured(self) -> None:
        endpoint = breaker(failures=NEVER, minimum_calls=4, failure_rate=0.5)
        for seconds in (0.0, 100.0, 100.0, 100.0, 100.0):
            succeed(endpoint, 1.0, seconds)
        assert endpoint.state(1.0) == "closed"

    def test_more_calls_can_be_needed_than_are_remembered_by_default(self) -> None:
        endpoint = breaker(failures=NEVER, minimum_calls=1200, failure_rate=1.0)
        fail(endpoint, 1.0, 1199)
        assert endpoint.state(1.0) == "closed"
        fail(endpoint, 1.0)
        assert endpoint.state(1.0) == "open"


class TestOpen:
    """While it is left alone."""

    def test_nothing_is_permitted_until_the_cool_down_is_over(self) -> None:
        endpoint = breaker()
        fail(endpoint, 1.0, 3)
        assert not endpoint.allow(5.999)
        assert endpoint.acquire(5.999) is None
        assert endpoint.state(5.999) == "open"
        assert endpoint.allow(6.0)
        assert endpoint.state(6.0) == "half-open"

    def test_asking_whether_has_no_effect(self) -> None:
        endpoint = breaker()
        fail(endpoint, 1.0, 3)
        assert [endpoint.allow(6.0) for _ in range(3)] == [True] * 3
        assert endpoint.acquire(6.0) is not None

    def test_late_results_of_earlier_calls_neither_close_it_nor_keep_it_open(self) -> None:
        endpoint = breaker()
        early = [endpoint.acquire(0.0) for _ in range(5)]
        fail(endpoint, 1.0, 3)
        for permit in early[:4]:
            endpoint.failure(permit, 2.0)
        endpoint.success(early[4], 7.0, 0.1)
        assert endpoint.reopens_at == 6.0
        assert endpoint.state(7.0) == "half-open"

    def test_late_results_of_earlier_calls_do_not_open_it_again(self) -> None:
        endpoint = breaker()
        early = [endpoint.acquire(0.0) for _ in range(3)]
        fail(endpoint, 1.0, 3)
        succeed(endpoint, 6.0)
        for permit in early:
            endpoint.failure(permit, 6.0)
        assert endpoint.state(6.0) == "closed"

    def test_late_results_do_not_count_the_second_time_either(self) -> None:
        endpoint = breaker()
        fail(endpoint, 1.0, 3)
        succeed(endpoint, 6.0)
        late = endpoint.acquire(6.0)
        fail(endpoint, 7.0, 3)
        endpoint.failure(late, 11.0)
        assert endpoint.reopens_at == 12.0

    def test_a_result_counts_once(self) -> None:
        endpoint = breaker()
        permit = endpoint.acquire(0.0)
        for _ in range(5):
            endpoint.failure(permit, 0.0)
        assert endpoint.state(0.0) == "closed"


class TestProbe:
    """The one call that tries it again."""

    def test_there_is_one_at_a_time(self) -> None:
        endpoint = breaker()
        fail(endpoint, 1.0, 3)
        assert endpoint.acquire(6.0) is not None
        assert not endpoint.allow(6.0)
        assert endpoint.acquire(100.0) is None
        assert endpoint.state(6.0) == "half-open"

    def test_its_success_closes_the_breaker_and_all_is_forgotten(self) -> None:
        endpoint = breaker(failures=3, minimum_calls=4)
        fail(endpoint, 1.0, 3)
        succeed(endpoint, 6.0)
        assert endpoint.state(6.0) == "closed"
        assert endpoint.reopens_at is None
        fail(endpoint, 6.0, 2)
        assert endpoint.state(6.0) == "closed"
        succeed(endpoint, 6.0)
        assert endpoint.state(6.0) == "closed"

    def test_its_failures_double_the_cool_down_up_to_the_maximum(self) -> None:
        endpoint = breaker()
        fail(endpoint, 0.0, 3)
        ends = []
        for _ in range(4):
            assert endpoint.reopens_at is not None
            ends.append(endpoint.reopens_at)
            fail(endpoint, endpoint.reopens_at)
        assert ends == [5.0, 15.0, 31.0, 47.0]

    def test_its_success_brings_the_first_cool_down_back(self) -> None:
        endpoint = breaker()
        fail(endpoint, 0.0, 3)
        fail(endpoint, 5.0)
        succeed(endpoint, 15.0)
        fail(endpoint, 20.0, 3)
        assert endpoint.reopens_at == 25.0

    def test_a_maximum_below_the_first_cool_down_does_not_shorten_it(self) -> None:
        endpoint = breaker(cool_down=5.0, max_cool_down=1.0)
        fail(endpoint, 0.0, 3)
        fail(endpoint, 5.0)
        assert endpoint.reopens_at == 10.0

    def test_a_probe_that_is_given_up_gives_its_place_back(self) -> None:
        endpoint = breaker()
        fail(endpoint, 1.0, 3)
        permit = endpoint.acquire(6.0)
        endpoint.release(permit)
        assert endpoint.state(6.0) == "half-open"
        succeed(endpoint, 6.0)
        assert endpoint.state(6.0) == "closed"

    def test_releasing_a_probe_that_was_told_of_does_not_free_the_place_of_the_next(self) -> None:
        endpoint = breaker()
        fail(endpoint, 1.0, 3)
        first = endpoint.acquire(6.0)
        endpoint.failure(first, 6.0)
        assert endpoint.acquire(16.0) is not None
        endpoint.release(first)
        assert not endpoint.allow(16.0)

    def test_a_slow_probe_has_failed(self) -> None:
        endpoint = breaker(slow_call=2.0)
        fail(endpoint, 1.0, 3)
        succeed(endpoint, 6.0, 2.0)
        assert endpoint.reopens_at == 16.0
