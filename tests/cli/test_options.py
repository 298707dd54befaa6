"""Options of the command line become typed options of the query."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.cli.options import check_name, parse_options
from claif.errors import InvalidQueryError


def test_known_keys_go_to_their_fields_and_others_to_the_provider():
    options = parse_options(
        ["top_p=0.9", "max_tokens=10", "seed=-3", "stop=END", 'shape={"a": [1]}', "style=plain text", "on=true"]
    )
    assert (options.top_p, options.max_tokens, options.seed, options.stop) == (0.9, 10, -3, ("END",))
    assert options.extra == {"shape": {"a": [1]}, "style": "plain text", "on": True}


def test_stop_takes_several_texts_as_json():
    assert parse_options(['stop=["a", "b"]']).stop == ("a", "b")
    assert parse_options(["stop=5"]).stop == ("5",)


def test_the_last_value_counts_and_the_short_options_win():
    options = parse_options(["seed=1", "seed=2", "temperature=1"], temperature=0, timeout=5)
    assert (options.seed, options.temperature, options.timeout) == (2, 0.0, 5.0)


def test_a_value_may_have_equals_signs():
    assert parse_options(["x=a=b"]).extra == {"x": "a=b"}


@pytest.mark.parametrize(
    "pair",
    [
        *("top_p", "=1", "a b=1", "1a=2", "", "-x=1", f"{'k' * 101}=1"),
        *("top_p=hot", "top_p=1.5", "top_p=true", "top_p=null", "max_tokens=0", "max_tokens=1.5", "seed=x"),
        *("temperature=-1", "temperature=NaN", "temperature=1e999", "stop=", "stop=[]", "stop=[1]", "stop={}"),
        *("timeout=0", "timeout=-1", "stop=null"),
    ],
)
def test_what_cannot_be_meant_is_refused(pair):
    with pytest.raises(InvalidQueryError):
        parse_options([pair])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_numbers_that_are_none_are_refused(value):
    with pytest.raises(InvalidQueryError):
        parse_options([], temperature=value)
    with pytest.raises(InvalidQueryError):
        parse_options([], timeout=value)


@given(st.text())
def test_any_value_is_taken_or_refused_with_a_typed_error(value):
    for key in ("top_p", "stop", "seed", "anything"):
        try:
            parse_options([f"{key}={value}"])
        except InvalidQueryError as error:
            assert key in error.message  # noqa: PT017 - most values are no error


@pytest.mark.parametrize("name", ["gpt-5", "org/model:free", "a", "x" * 200, "claude-3.5+x@y", None])
def test_names_of_models_pass(name):
    assert check_name(name, "model") == name


@pytest.mark.parametrize("name", ["", "-m", "--yolo", "--", "a b", "x" * 201, "a\n", "ä", "$(id)", "../x", "a;b"])
def test_what_is_an_option_or_no_name_is_refused(name):
    with pytest.raises(InvalidQueryError, match="cannot be the name of a model"):
        check_name(name, "model")
