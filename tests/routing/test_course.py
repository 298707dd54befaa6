"""The course of queries: whom to ask next, when, and when to give up; against what must hold at every step."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, multiple, rule

from claif.config.candidate import Candidate
from claif.config.keep_going import BreakerSettings, RetrySettings
from claif.errors import (
    AuthenticationError,
    ClaifError,
    ClientClosedError,
    ConnectionError,
    ContentFilterError,
    ContextLengthError,
    PluginError,
    ProviderRuntimeError,
    RateLimitError,
    TimeoutError,
)
from claif.routing.course import Ask, Course, Wait, kind_of
from claif.routing.health import HealthBook, is_sick
from claif.routing.retry_policy import RetryPolicy

NAMES = ("a", "b", "c")
ERRORS = st.sampled_from(
    [
        ConnectionError("down"),
        ProviderRuntimeError("busy", status=503, retryable=True),
        ProviderRuntimeError("bad"),
        RateLimitError("slow"),
        RateLimitError("slow", retry_after=3.0),
        RateLimitError("slow", retry_after=1e6),
        AuthenticationError("no"),
        TimeoutError("late"),
        ContextLengthError("long"),
        ContentFilterError("refused"),
    ]
)


class Courses(RuleBasedStateMachine):
    """Many queries over three endpoints that share their health, as a client's do."""

    running = Bundle("running")

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.book = HealthBook(BreakerSettings(failures=3, minimum_calls=10**6, cool_down=5.0), RetrySettings())
        self.firsts = dict.fromkeys(NAMES, 0)
        self.repeats = dict.fromkeys(NAMES, 0)
        self.uninvited: dict[int, dict[str, bool]] = {}

    @rule(target=running, members=st.permutations(NAMES), count=st.integers(1, 3), most=st.none() | st.integers(1, 6))
    def begin(self, members: list[str], count: int, most: int | None) -> tuple[Course, list[Ask], int, list[str]]:
        order = [Candidate(name) for name in members[:count]]
        course = Course(order, self.book.of, RetryPolicy(RetrySettings(max_attempts=3)), Random(0), most=most)
        return course, [], most or count + 2, members[:count]

    @rule(target=running, one=consumes(running), error=st.none() | ERRORS, seconds=st.floats(0, 2))
    def go_on(self, one: tuple[Course, list[Ask], int, list[str]], error: ClaifError | None, seconds: float) -> object:
        course, asked, most, members = one
        step = course.next(self.now)
        if step is None:
            return multiple()
        if isinstance(step, Wait):
            assert step.until > self.now
            return one
        self.check_ask(step, asked, most, members)
        asked.append(step)
        health = self.book.of(step.candidate.provider)
        self.now += seconds
        if error is None:
            health.succeeded(step.permit, self.now, seconds)
            return multiple()
        self.uninvited.setdefault(id(asked), {})[step.candidate.provider] = error.retry_after is None
        health.failed(step.permit, self.now, error)
        if error.retry_after is not None:
            health.drain(self.now + min(error.retry_after, 60.0))
        goes_on = course.failed(step.candidate, error, self.now)
        assert goes_on or course.next(self.now) is None
        return one if goes_on else multiple()

    @rule(seconds=st.floats(0, 30))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(one=running)
    def waiting_ends(self, one: tuple[Course, list[Ask], int, list[str]]) -> None:
        step = one[0].next(self.now) if not one[1] else None
        if isinstance(step, Wait):
            # If nothing else happens, whoever waits so long can ask.
            after = one[0].next(step.until)
            assert isinstance(after, Ask)
            self.check_ask(after, one[1], one[2], one[3], now=step.until)
            one[1].append(after)
            self.book.of(after.candidate.provider).released(after.permit)
        elif isinstance(step, Ask):
            self.check_ask(step, one[1], one[2], one[3])
            one[1].append(step)
            self.book.of(step.candidate.provider).released(step.permit)

    def check_ask(
        self, step: Ask, asked: list[Ask], most: int, members: list[str], *, now: float | None = None
    ) -> None:
        now = self.now if now is None else now
        name = step.candidate.provider
        before = [one.candidate.provider for one in asked]
        assert len(asked) < most
        assert step.again == (name in before)
        assert before.count(name) < 3
        assert self.book.of(name).drained <= now, "it wants not to be asked"
        if step.permit is None:
            assert not any(self.book.of(member).breaker.allow(now) and member not in before for member in members)
        if not step.again:
            self.firsts[name] += 1
        elif asked and self.uninvited.get(id(asked), {}).get(name, True):
            self.repeats[name] += 1
        assert self.repeats[name] <= 0.1 * self.firsts[name] + 10


TestCourses = Courses.TestCase
TestCourses.settings = settings(
    max_examples=150, stateful_step_count=100, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize(
    ("error", "kind", "sick"),
    [
        (ContextLengthError("x"), "context_length", False),
        (ContentFilterError("x"), "content_filter", False),
        (RateLimitError("x"), "rate_limit", False),
        (TimeoutError("x"), "timeout", True),
        (ConnectionError("x"), "error", True),
        (AuthenticationError("x"), "error", False),
        (ProviderRuntimeError("x", status=503, retryable=True), "error", True),
    ],
)
def test_what_a_failure_means(error: ClaifError, kind: str, sick: bool) -> None:
    assert (kind_of(error), is_sick(error)) == (kind, sick)


@pytest.mark.parametrize("error", [ClientClosedError("x"), PluginError("x")])
def test_what_everybody_would_fail_at_ends_the_course(error: ClaifError) -> None:
    book = HealthBook(BreakerSettings(), RetrySettings())
    course = Course([Candidate("a"), Candidate("b")], book.of, RetryPolicy(RetrySettings()), Random(0))
    step = course.next(0.0)
    assert isinstance(step, Ask)
    assert not course.failed(step.candidate, error, 0.0)
    assert course.next(0.0) is None
