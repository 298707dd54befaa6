"""When a second provider is asked: what is configured, and how it follows from the first one's latency."""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from claif.config.hedge import Hedge, parse_hedge
from claif.routing.hedge import HedgeBudget
from claif.routing.latency import Latency


class Hedger(RuleBasedStateMachine):
    """Queries that take long or not; the model hedges those that outlast nine in ten of the latest ones."""

    def __init__(self) -> None:
        super().__init__()
        self.hedge = parse_hedge("p90")
        self.latency = Latency()
        self.budget = HedgeBudget(0.25, 2)
        self.known: deque[float] = deque(maxlen=128)
        self.queries = 0
        self.hedged = 0

    @rule(times=st.sampled_from([1, 1, 5, 30]), seconds=st.sampled_from([0.1, 0.2, 0.5, 1.0, 4.0]))
    def queries_end(self, times: int, seconds: float) -> None:
        for _ in range(times):
            self.query(seconds)

    def query(self, seconds: float) -> None:
        self.queries += 1
        self.budget.deposit()
        after = self.hedge.delay(self.latency)
        if len(self.known) < 20:
            assert after is None
        else:
            assert after in self.known
            assert 10 * sum(value <= after for value in self.known) >= 9 * len(self.known)
            assert 10 * sum(value < after for value in self.known) < 9 * len(self.known)
            if seconds > after and self.budget.withdraw():
                self.hedged += 1
        assert self.hedged <= 0.25 * self.queries + 2
        self.latency.add(seconds)
        self.known.append(seconds)


TestHedger = Hedger.TestCase
TestHedger.settings = settings(
    max_examples=220,
    stateful_step_count=50,
    suppress_health_check=[HealthCheck.too_slow],  # a busy machine is no failure
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("p95", Hedge(share=0.95)),
        ("p5", Hedge(share=0.05)),
        ("p99.9", Hedge(share=0.999)),
        (2, Hedge(seconds=2.0)),
        (0.25, Hedge(seconds=0.25)),
    ],
)
def test_a_percentile_or_a_number_of_seconds_is_meant(written: str | float, meant: Hedge) -> None:
    found = parse_hedge(written)
    assert (found.share, found.seconds) == (pytest.approx(meant.share), meant.seconds)
    assert meant.seconds is None or type(found.seconds) is float


@pytest.mark.parametrize(
    "written",
    [
        "",
        "95",
        "p",
        "p0",
        "p100",
        "p095",
        "P95",
        "p95 ",
        "p95\n",
        "p\u0669\u0665",
        "p95.123",
        0,
        -1.0,
        True,
        float("nan"),
        float("inf"),
    ],
)
def test_anything_else_is_refused_with_what_would_do(written: str | float) -> None:
    with pytest.raises(
        ValueError, match=r'^must be a percentile such as "p95", or a number of seconds greater than 0$'
    ):
        parse_hedge(written)


def test_a_fixed_time_needs_no_latencies() -> None:
    assert parse_hedge(0.5).delay(Latency()) == 0.5


def test_a_percentile_is_that_of_the_endpoint() -> None:
    latency = Latency()
    for number in range(1, 101):
        latency.add(float(number))
    assert parse_hedge("p95").delay(latency) == 95.0
    assert parse_hedge("p50").delay(latency) == 50.0
