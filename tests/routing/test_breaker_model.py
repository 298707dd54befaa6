"""The circuit breaker beside a model that keeps the whole history."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from claif.config.keep_going import BreakerSettings
from claif.routing.breaker import Breaker, Permit


class Model(RuleBasedStateMachine):
    """Calls that begin and end in any order, beside a model that keeps the whole history."""

    permits = Bundle("permits")
    settings = BreakerSettings(
        failures=4, failure_rate=0.5, window=20.0, minimum_calls=6, slow_call=2.0, cool_down=3.0, max_cool_down=10.0
    )

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.breaker = Breaker(self.settings)
        self.until: float | None = None
        self.pause = self.settings.cool_down
        self.probe: Permit | None = None
        self.begun: dict[Permit, int] = {}
        self.changes = 0
        self.results: list[tuple[float, str]] = []

    def permitted(self) -> bool:
        return self.until is None or (self.now >= self.until and self.probe is None)

    def open(self, until: float) -> None:
        self.changes += self.until is None
        self.until = until if self.until is None else max(until, self.until)

    def end(self, permit: Permit, result: str | None) -> None:
        """What a result means: of the call on trial, of one from before, or of an ordinary one."""
        begun = self.begun.pop(permit, None)
        if begun is None:
            return
        trial, self.probe = permit is self.probe, None if permit is self.probe else self.probe
        if result is None or begun != self.changes:
            return
        if not trial:
            self.results.append((self.now, result))
            self.judge()
        elif result != "good":
            self.pause = min(self.pause * 2, self.settings.max_cool_down)
            self.open(self.now + self.pause)
        else:
            self.pause = self.settings.cool_down
            assert self.until is not None
            if self.now >= self.until:
                self.until, self.results = None, []
                self.changes += 1

    def judge(self) -> None:
        recent = [result for when, result in self.results if when > self.now - self.settings.window]
        last = [result for _, result in self.results[-self.settings.failures :]]
        in_a_row = last == ["bad"] * self.settings.failures
        share = max(recent.count("bad"), recent.count("slow")) / len(recent)
        if in_a_row or (len(recent) >= self.settings.minimum_calls and share >= self.settings.failure_rate):
            self.open(self.now + self.pause)

    @rule(seconds=st.sampled_from([0.0, 0.25, 1.0, 3.0, 7.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def the_cool_down_ends(self) -> None:
        self.now = max(self.now, self.until or 0.0)

    @rule(target=permits)
    def begin(self) -> Permit | None:
        permitted = self.permitted()
        permit = self.breaker.acquire(self.now)
        assert (permit is not None) == permitted
        if permit is not None:
            self.begun[permit] = self.changes
            if self.until is not None:
                self.probe = permit
        return permit

    @rule(permit=permits, result=st.sampled_from(["good", "bad", "bad", "slow", None]))
    def finish(self, permit: Permit | None, result: str | None) -> None:
        if permit is None:
            return
        if result is None:
            self.breaker.release(permit)
        elif result == "bad":
            self.breaker.failure(permit, self.now)
        else:
            self.breaker.success(permit, self.now, 2.0 if result == "slow" else 1.9)
        self.end(permit, result)

    @rule(permit=consumes(permits))
    def finish_well(self, permit: Permit | None) -> None:
        self.finish(permit, "good")

    @invariant()
    def it_is_as_the_model_says(self) -> None:
        state = "closed" if self.until is None else "open" if self.now < self.until else "half-open"
        assert self.breaker.state(self.now) == state
        assert self.breaker.reopens_at == self.until
        assert self.breaker.allow(self.now) == self.permitted()


TestModel = Model.TestCase
TestModel.settings = settings(
    max_examples=240,
    stateful_step_count=50,
    suppress_health_check=[HealthCheck.too_slow],  # a busy machine is no failure
)
