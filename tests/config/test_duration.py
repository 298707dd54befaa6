"""Durations as people write them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.config.duration import seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("12h", 43_200), ("7d", 604_800), ("2w", 1_209_600), ("1.5h", 5400), (" 30 s ", 30)],
)
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


def test_a_number_alone_is_seconds() -> None:
    assert seconds_of("45") == 45


@pytest.mark.parametrize("text", ["", "s", "-1s", "0", "0d", "1y", "1h30m", "1e3", "inf", "٣s", "1234567890s", "1.s"])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="7d"):
        seconds_of(text)


@given(st.text(max_size=12))
def test_whatever_is_written_is_a_positive_number_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert 0 < seconds_of(text) < 1e15
