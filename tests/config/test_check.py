"""What is wrong is named completely: each bad key, where it came from, and what was probably meant."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
from attrs import field, frozen
from attrs.validators import ge, in_, matches_re, max_len, optional
from hypothesis import given
from hypothesis import strategies as st

from claif.config import General, ProviderSettings, Secret
from claif.config.check import Problems, make


class Colour(enum.Enum):
    RED = "red"


@frozen
class Inner:
    size: int
    name: str = "x"


@frozen(kw_only=True)
class Demanding:
    api: str = field(default="chat", validator=in_(("chat", "responses")))
    mode: str | None = field(default=None, validator=optional(in_(("a", "b"))))
    threads: int = field(default=1, validator=ge(1))
    region: str = field(default="eu", validator=matches_re("[a-z]+"))
    odd: str = field(default="", validator=max_len(3))


@frozen(kw_only=True)
class Rich(ProviderSettings):
    path: Path | None = None
    colour: Colour = Colour.RED
    mode: Literal["a", "b"] = "a"
    inner: Inner | None = None
    inners: tuple[Inner, ...] = ()
    words: Sequence[str] = ()
    weights: Mapping[str, float] = field(factory=dict)
    either: str | int = 1
    token: Secret | None = None
    count: int = field(default=1, validator=lambda _i, _a, value: _positive(value))
    anything: Any = None


@frozen(kw_only=True)
class Required:
    needed: str


@frozen(kw_only=True)
class Whole:
    low: int = 0
    high: int = 1

    def __attrs_post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low is above high")


def _positive(value: int) -> None:
    if value <= 0:
        raise ValueError("must be positive")


def build(cls, table):
    problems = Problems(lambda _: "here")
    return make(cls, table, ("t",), problems), problems.found


def test_types_beyond_the_simple_ones_are_understood():
    made, found = build(
        Rich,
        {
            "path": "/x",
            "colour": "red",
            "mode": "b",
            "inner": {"size": 1},
            "inners": [{"size": 2, "name": "y"}],
            "words": ["a"],
            "weights": {"a": 1},
            "either": "s",
            "token": "sk",
            "anything": [1],
        },
    )
    assert found == []
    assert made == Rich(
        path=Path("/x"),
        mode="b",
        inner=Inner(1),
        inners=(Inner(2, "y"),),
        words=("a",),
        weights={"a": 1.0},
        either="s",
        token=Secret("sk"),
        anything=[1],
    )


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"path": 1}, "t.path: must be text, not a whole number [here]"),
        ({"mode": "c"}, "t.mode: "),
        ({"colour": "blue"}, "t.colour: "),
        ({"inner": {"size": "1"}}, "t.inner.size: must be a whole number, not text [here]"),
        ({"inner": {}}, "t.inner.size: required field missing [here]"),
        ({"inner": {"size": 1, "sise": 2}}, "t.inner: extra fields found (sise) [here]"),
        ({"inner": 5}, "t.inner: "),
        ({"inners": [{"size": 1}, {"size": True}]}, "t.inners[1].size: must be a whole number, not true or false"),
        ({"inners": "ab"}, "t.inners: must be a list, not text [here]"),
        ({"words": "ab"}, "t.words: must be a list, not text [here]"),
        ({"words": ["a", 1]}, "t.words[1]: must be text, not a whole number [here]"),
        ({"weights": {"a": "x"}}, "t.weights['a']: must be a number, not text [here]"),
        ({"weights": [1]}, "t.weights: must be a table, not a list [here]"),
        ({"weights": 1}, "t.weights: must be a table, not a whole number [here]"),
        ({"count": 0}, "t.count: must be positive [here]"),
        ({"count": 1.0}, "t.count: must be a whole number, not a number [here]"),
        ({"token": 5}, "t.token: must be text, not a whole number [here]"),
        ({"api_key": ["x"]}, "t.api_key: must be text, not a list [here]"),
        ({"allow_http": "no"}, "t.allow_http: must be true or false, not text [here]"),
        ({"allow_http": 1}, "t.allow_http: must be true or false, not a whole number [here]"),
        ({"connect_timeout": True}, "t.connect_timeout: must be a number, not true or false [here]"),
        ({"connect_timeout": 0}, "t.connect_timeout: must be a number of seconds greater than 0 [here]"),
        ({"model": "--yolo"}, "t.model: must be a model's name"),
        ({"model": ""}, "t.model: must be a model's name"),
        ({"model": "a\x1bb"}, "t.model: must be a model's name"),
        ({"model": "m" * 201}, "t.model: must be a model's name"),
        ({"type": "../x"}, "t.type: must be a name"),
        ({"base_url": ""}, "t.base_url: must be text without control characters"),
        ({"base_url": {"a": 1}}, "t.base_url: must be text, not a table [here]"),
        ({"options": "x"}, "t.options: must be a table, not text [here]"),
        ({"modle": "x"}, 't.modle: there is no such setting; did you mean "mod'),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_its_place(table, problem):
    made, found = build(Rich, table)
    assert made is None
    assert len(found) == 1
    assert found[0].startswith(problem)


def test_everything_that_is_wrong_is_named_at_once():
    made, found = build(Rich, {"count": 0, "mode": 1, "unknown": 1, "words": [1, 2], "model": "fine"})
    assert made is None
    assert [problem.partition(":")[0] for problem in found] == [
        "t.count",
        "t.mode",
        "t.unknown",
        "t.words[0]",
        "t.words[1]",
    ]


def test_a_missing_setting_is_named():
    assert build(Required, {}) == (None, ["t.needed: is missing [here]"])


def test_what_only_the_whole_shows_is_named_too():
    assert build(Whole, {"low": 5}) == (None, ["t: low is above high [here]"])


def test_no_table_at_all_is_named():
    assert build(General, "x") == (None, ["t: must be a table [here]"])


def test_a_secret_is_in_no_problem():
    _, found = build(Rich, {"token": ["sk-canary"], "api_key": {"x": "sk-canary"}})
    assert len(found) == 2
    assert "canary" not in str(found)


@given(
    st.dictionaries(
        st.sampled_from(["timeout", "output", "log_level", "default_provider", "other"]),
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(max_size=5)
        | st.lists(st.integers(), max_size=2),
    )
)
def test_a_table_is_made_or_something_is_said_about_it(table):
    made, found = build(General, table)
    assert (made is None) == bool(found)


def test_what_a_validator_of_attrs_demands_is_told_without_the_value() -> None:
    problems = Problems(lambda _: "here")
    table = {"api": "canary", "mode": "canary", "threads": 0, "region": "CANARY", "odd": "canary"}
    assert make(Demanding, table, ("providers", "x"), problems) is None
    assert problems.found == [
        "providers.x.api: must be one of chat, responses [here]",
        "providers.x.mode: must be one of a, b [here]",
        "providers.x.threads: must be >= 1 [here]",
        "providers.x.region: must be of the form [a-z]+ [here]",
        "providers.x.odd: invalid value [here]",
    ]
