"""What can be said of retries, breakers and limits, and what is refused."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from claif.config.check import Problems, make
from claif.config.keep_going import BreakerSettings, LimitSettings, RetrySettings

WRONG = {
    RetrySettings: {
        "max_attempts": [0, -1, 1.5, True],
        "base": [0, -1.0],
        "max_delay": [0, -1.0],
        "max_retry_after": [-1.0, "60"],
        "budget": [-0.1],
    },
    BreakerSettings: {
        "failures": [0],
        "failure_rate": [0, -0.1, 1.01, float("nan")],
        "window": [0],
        "minimum_calls": [0],
        "slow_call": [-1.0],
        "cool_down": [0],
        "max_cool_down": [0],
        "probes": ["yes", 1],
    },
    LimitSettings: {
        "requests_per_minute": [0, 0.5],
        "tokens_per_minute": [0],
        "concurrency": [0],
        "max_wait": [-1.0],
    },
}
EDGES = {
    RetrySettings: {"max_attempts": 1, "max_retry_after": 0, "budget": 0},
    BreakerSettings: {"failures": 1, "failure_rate": 1, "minimum_calls": 1, "slow_call": 0},
    LimitSettings: {"requests_per_minute": 1, "tokens_per_minute": 1, "concurrency": 1, "max_wait": 0},
}


def made(cls: type[Any], table: dict[str, Any]) -> tuple[Any, list[str]]:
    problems = Problems(lambda _: "a test")
    return make(cls, table, ("table",), problems), problems.found


def test_every_key_of_every_table_is_tried() -> None:
    for cls, wrong in WRONG.items():
        assert list(wrong) == [attribute.name for attribute in attrs.fields(cls)]


@pytest.mark.parametrize(
    ("cls", "key", "value"),
    [(cls, key, value) for cls, keys in WRONG.items() for key, values in keys.items() for value in values],
)
def test_a_wrong_value_is_named(cls: type, key: str, value: object) -> None:
    settings, problems = made(cls, {key: value})
    assert settings is None
    assert len(problems) == 1
    assert problems[0].startswith(f"table.{key}: must be ")


@pytest.mark.parametrize("cls", EDGES)
def test_the_smallest_values_are_taken(cls: type) -> None:
    settings, problems = made(cls, EDGES[cls])
    assert not problems
    assert {key: getattr(settings, key) for key in EDGES[cls]} == EDGES[cls]


def test_what_holds_if_nothing_is_said() -> None:
    assert attrs.astuple(RetrySettings()) == (3, 0.5, 8.0, 60.0, 0.1)
    assert attrs.astuple(BreakerSettings()) == (5, 0.5, 60.0, 10, 0.0, 5.0, 60.0, False)
    assert attrs.astuple(LimitSettings()) == (None, None, None, 60.0)
