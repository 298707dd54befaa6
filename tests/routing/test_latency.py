"""The latencies of an endpoint: their average and percentiles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.routing.latency import Latency


def latency(*values: float) -> Latency:
    found = Latency()
    for value in values:
        found.add(value)
    return found


def test_nothing_is_known_at_first() -> None:
    assert latency().average is None
    assert latency().percentile(0.5) is None


def test_the_average_follows_the_latest() -> None:
    assert latency(2.0).average == 2.0
    assert latency(2.0, 7.0).average == pytest.approx(3.0)
    assert latency(2.0, 7.0, 8.0).average == pytest.approx(4.0)
    assert latency(*[2.0] * 50, *[9.0] * 50).average == pytest.approx(9.0, abs=1e-3)


def test_a_percentile_needs_twenty() -> None:
    assert latency(*[1.0] * 19).percentile(0.5) is None
    assert latency(*[1.0] * 20).percentile(0.5) == 1.0


def test_a_percentile_is_the_smallest_latency_that_is_enough() -> None:
    hundred = latency(*map(float, range(100, 0, -1)))
    for percent in range(1, 101):
        assert hundred.percentile(percent / 100) == percent
    assert hundred.percentile(0.951) == 96.0
    assert latency(*map(float, range(1, 21))).percentile(0.95) == 19.0


def test_the_latest_128_are_remembered() -> None:
    found = latency(*[9.0] * 128, *[1.0] * 127)
    assert found.percentile(1.0) == 9.0
    found.add(1.0)
    assert found.percentile(1.0) == 1.0


@given(st.lists(st.floats(0, 1000), min_size=20, max_size=128), st.integers(1, 99))
def test_so_large_a_share_of_the_latencies_is_within_the_percentile(values: list[float], percent: int) -> None:
    found = latency(*values).percentile(percent / 100)
    assert found in values
    assert sum(value <= found for value in values) >= len(values) * percent / 100 - 1e-9
    assert sum(value < found for value in values) < len(values) * percent / 100
