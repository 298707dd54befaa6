"""A little of the fuzzing in every run of the tests; `tox -e fuzz` does more of it."""

from __future__ import annotations

import time

import pytest
from fuzz.targets import TARGETS, Target
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=50)
@given(data=st.data())
def test_no_bytes_are_too_much(name: str, data: st.DataObject) -> None:
    """Pieces of what the target knows, mixed with what it does not."""
    target = TARGETS[name]
    known = st.sampled_from(target.seeds).flatmap(
        lambda seed: st.tuples(st.integers(0, len(seed)), st.integers(0, len(seed))).map(
            lambda places: seed[min(places) : max(places)]
        )
    )
    parts = data.draw(st.lists(known | st.binary(max_size=8), max_size=6))
    target.run(bytes([data.draw(st.integers(0, 255))]) + b"".join(parts))


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_the_time_is_linear_in_the_size(target: Target) -> None:
    """A generous guard, for each of the ways in which a target takes its input; `tox -e fuzz` measures the rate."""
    for seed in target.seeds:
        text = seed[1:] * (target.largest // 4 // len(seed))
        best = 1e9
        for _ in range(3):  # the best of three: others are at work on this machine
            began = time.process_time()
            target.work(text)
            best = min(best, time.process_time() - began)
            if best <= 4 * len(text) / 1e6:
                break
        assert best <= max(0.4, 4 * len(text) / 1e6)
