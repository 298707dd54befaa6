"""The course of one query, rule by rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import pytest

from claif.config.candidate import Candidate
from claif.config.keep_going import BreakerSettings, RetrySettings
from claif.errors import (
    AuthenticationError,
    ClaifError,
    ContentFilterError,
    ContextLengthError,
    ProviderRuntimeError,
    RateLimitError,
    TimeoutError,
)
from claif.routing.course import Ask, Course, Wait
from claif.routing.health import Health, HealthBook
from claif.routing.retry_policy import RetryPolicy

A, B, C, D = (Candidate(name) for name in "abcd")
BUSY = ProviderRuntimeError("busy", status=503, retryable=True)
NO = AuthenticationError("no")


class Longest(Random):
    """Jitter that is as long as it may be."""

    def uniform(self, a: float, b: float) -> float:
        return b


class Setting:
    """A book of endpoints, and courses over them; pauses are 0.5 s, then 1 s."""

    def __init__(self, **breaker: Any) -> None:
        self.book = HealthBook(BreakerSettings(**{"failures": 2, "cool_down": 5.0, **breaker}), RetrySettings())

    def course(
        self,
        *members: Candidate,
        most: int | None = None,
        fallbacks: Mapping[str, Sequence[Candidate]] | None = None,
    ) -> Course:
        policy = RetryPolicy(RetrySettings(max_attempts=3, base=0.5, max_delay=8.0, max_retry_after=60.0))
        return Course(members, self.book.of, policy, Longest(), most=most, fallbacks=fallbacks)

    def open(self, *names: str, now: float = 0.0) -> None:
        for name in names:
            for _ in range(2):
                permit = self.book.of(name).breaker.acquire(now)
                self.book.of(name).failed(permit, now, BUSY)


def asks(course: Course, now: float = 0.0) -> Ask:
    step = course.next(now)
    assert isinstance(step, Ask), step
    return step


def waits(course: Course, now: float = 0.0) -> Wait:
    step = course.next(now)
    assert isinstance(step, Wait), step
    return step


def test_each_once_and_then_again_after_growing_waits() -> None:
    course = Setting(failures=99).course(A, B)
    for now, who, again in ((0.0, A, False), (0.0, B, False), (0.5, A, True), (0.5, B, True)):
        step = asks(course, now)
        assert (step.candidate, step.again) == (who, again)
        assert step.permit is not None
        assert course.failed(who, BUSY, now) == ((now, who) != (0.5, B))
        if (now, who) == (0.0, B):
            assert waits(course, 0.0) == Wait(0.5, A)
    assert course.asked == 4
    assert course.next(99.0) is None


def test_a_member_is_asked_as_often_as_the_policy_says() -> None:
    course = Setting(failures=99).course(A)
    for now, goes_on in ((0.0, True), (0.5, True), (1.5, False)):
        assert course.failed(asks(course, now).candidate, BUSY, now) is goes_on
    assert course.next(99.0) is None


def test_so_many_in_all_and_no_more() -> None:
    course = Setting(failures=99).course(A, B, C, most=2)
    course.failed(asks(course).candidate, NO, 0.0)
    assert asks(course).candidate is B
    assert course.another(0.0) is None
    course.failed(B, NO, 0.0)
    assert course.next(0.0) is None


@pytest.mark.parametrize(
    ("error", "again", "goes_on"),
    [
        (BUSY, True, True),
        (BUSY, False, False),
        (NO, True, False),
        (TimeoutError("late"), True, False),
        (RateLimitError("slow", retry_after=60.0), True, True),
        (RateLimitError("slow", retry_after=60.5), True, False),
    ],
)
def test_who_may_be_asked_again(error: ClaifError, again: bool, goes_on: bool) -> None:
    course = Setting().course(A)
    assert course.failed(asks(course).candidate, error, 0.0, again=again) is goes_on
    assert (course.next(0.0) is not None) is goes_on


def test_who_says_when_to_come_back_is_asked_at_that_time() -> None:
    course = Setting().course(A)
    course.failed(asks(course, 10.0).candidate, RateLimitError("slow", retry_after=7.25), 10.0)
    assert waits(course, 10.0).until == 17.25
    assert waits(course, 17.0).until == 17.25
    assert asks(course, 17.25).again


def test_who_wants_to_be_left_alone_is_passed_over_until_that_moment() -> None:
    setting = Setting()
    setting.book.of("a").drain(10.0)
    assert asks(setting.course(A, B), 9.0).candidate is B
    assert asks(setting.course(A, B), 10.0).candidate is A
    assert waits(setting.course(A), 9.0) == Wait(10.0, A)


def test_who_is_left_alone_is_passed_over_and_tried_when_the_time_has_come() -> None:
    setting = Setting()
    setting.open("a")
    assert asks(setting.course(A, B), 1.0).candidate is B
    step = asks(setting.course(A, B), 5.0)
    assert (step.candidate, step.permit is not None) == (A, True)


def test_the_only_one_and_the_last_ones_are_never_left_alone() -> None:
    setting = Setting()
    setting.open("a", "b")
    for members in ((A,), (A, B)):
        step = asks(setting.course(*members), 1.0)
        assert (step.candidate, step.permit) == (A, None)


def test_whoever_can_be_asked_sooner_is_waited_for() -> None:
    setting = Setting()
    setting.open("b")
    course = setting.course(A, B)
    course.failed(asks(course, 1.0).candidate, BUSY, 1.0)
    assert waits(course, 1.0) == Wait(1.5, A)
    course = setting.course(A, B)
    course.failed(asks(course, 1.0).candidate, RateLimitError("slow", retry_after=20.0), 1.0)
    assert waits(course, 1.0) == Wait(5.0, B)
    setting.book.of("b").drain(7.0)
    assert waits(course, 1.0) == Wait(7.0, B)
    assert asks(course, 7.0).candidate is B


def test_without_budget_nobody_is_asked_again_but_others_are() -> None:
    setting = Setting(failures=99)
    budget = setting.book.of("a").budget
    while budget.withdraw():
        pass
    course = setting.course(A, B)
    for who in (A, B):
        assert asks(course).candidate is who
        course.failed(who, BUSY, 0.0)
    step = asks(course, 0.5)
    assert (step.candidate, step.again) == (B, True)


def test_each_first_attempt_pays_for_a_tenth_of_another() -> None:
    setting = Setting(failures=99)
    budget = setting.book.of("a").budget
    while budget.withdraw():
        pass
    for _ in range(10):
        course = setting.course(A)
        course.failed(asks(course).candidate, NO, 0.0)
    assert budget.withdraw()
    assert not budget.withdraw()


def test_an_invited_one_needs_no_budget() -> None:
    setting = Setting(failures=99)
    budget = setting.book.of("a").budget
    while budget.withdraw():
        pass
    course = setting.course(A)
    course.failed(asks(course).candidate, RateLimitError("slow", retry_after=1.0), 0.0)
    assert asks(course, 1.0).again


def test_what_was_asked_before_the_course_began_counts() -> None:
    setting = Setting()
    for _ in range(2):
        course = setting.course(A, B)
        step = course.first(0.0)
        assert (step.candidate, step.again, course.asked) == (A, False, 1)
        setting.book.of("a").failed(step.permit, 0.0, BUSY)
        course.failed(A, BUSY, 0.0)
        assert asks(course).candidate is B
    assert setting.book.of("a").breaker.state(0.0) == "open"


def test_another_one_is_somebody_who_was_not_asked() -> None:
    course = Setting().course(A, B, C)
    assert asks(course).candidate is A
    step = course.another(0.0)
    assert step is not None
    assert step.candidate is B
    course.undo(step)
    assert course.asked == 1
    step = course.another(0.0)
    assert step is not None
    assert (step.candidate, step.again) == (B, False)
    course.failed(A, NO, 0.0)
    course.failed(B, NO, 0.0)
    assert asks(course).candidate is C
    assert course.another(0.0) is None


def test_who_cannot_be_asked_this_was_not_asked() -> None:
    course = Setting().course(A, B, most=1)
    course.unfit(asks(course).candidate)
    assert course.asked == 0
    assert asks(course).candidate is B
    course.unfit(B)
    assert course.next(0.0) is None


def test_fallbacks_come_first_and_once() -> None:
    course = Setting().course(A, B, fallbacks={"context_length": [C, B]})
    too_long = ContextLengthError("long")
    assert course.failed(asks(course).candidate, too_long, 0.0)
    assert asks(course).candidate is C
    assert course.failed(C, too_long, 0.0)
    assert asks(course).candidate is B
    assert not course.failed(B, too_long, 0.0)


def test_what_one_refuses_nobody_else_is_asked_unless_there_is_a_fallback() -> None:
    refused = ContentFilterError("refused")
    course = Setting().course(A, B)
    assert not course.failed(asks(course).candidate, refused, 0.0)
    assert course.next(0.0) is None
    assert course.another(0.0) is None
    course = Setting().course(A, B, fallbacks={"content_filter": [D]})
    assert course.failed(asks(course).candidate, refused, 0.0)
    assert asks(course).candidate is D


def test_the_health_of_an_endpoint() -> None:
    health: Health = Setting(slow_call=2.0, minimum_calls=1, failures=99).book.of("a")
    assert (health.in_flight, health.well(0.0), health.latency.average) == (0, True, None)
    health.drain(5.0)
    health.drain(3.0)
    assert (health.well(4.9), health.well(5.0)) == (False, True)
    assert (health.wakes_first(), health.wakes_first()) == (True, False)
    health.drain(6.0)
    assert health.wakes_first()
    health.succeeded(health.breaker.acquire(6.0), 6.0, 1.9)
    assert health.well(6.0)
    health.succeeded(health.breaker.acquire(6.0), 6.0, 2.0)
    assert (health.breaker.state(6.0), health.well(6.0)) == ("open", False)
    for call in (health.succeeded, lambda permit, now, _: health.failed(permit, now, BUSY)):
        call(None, 6.0, 1.0)
    health.released(None)
