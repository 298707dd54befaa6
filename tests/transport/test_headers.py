"""Headers: secrets stay masked, and what HTTP does not allow is found before it is sent."""

from __future__ import annotations

import pytest

from claif.config.secret import Secret
from claif.errors import InvalidConfigError
from claif.transport.headers import SecretBytes, header, raw_headers


def test_mappings_and_pairs_become_raw_headers() -> None:
    assert raw_headers({"X-A": "1"}) == raw_headers([("X-A", "1")]) == [(b"X-A", b"1")]


def test_the_value_of_a_secret_is_sent_but_not_shown() -> None:
    ((_, value),) = raw_headers({"authorization": Secret("Bearer sk-1")})
    assert isinstance(value, SecretBytes)
    assert bytes(value) == b"Bearer sk-1"
    assert "sk-1" not in f"{value!r} {value} {[value]}"


@pytest.mark.parametrize("value", ["sk-1\r\nX: y", "sk\n1", "sk\0", "sk-1\u2014", "sk\x7f"])
def test_a_value_that_would_break_the_request_is_refused_and_not_shown(value: str) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        raw_headers({"x-key": Secret(value)})
    assert "sk" not in str(caught.value.to_dict())
    assert "x-key" in str(caught.value)


@pytest.mark.parametrize("name", ["", "a b", "a:", "a\r\n", "ä"])
def test_a_bad_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidConfigError):
        raw_headers({name: "1"})


def test_spaces_around_a_value_are_not_sent() -> None:
    assert raw_headers({"x": " a "}) == [(b"x", b"a")]


def test_headers_are_found_in_any_case_and_the_first_one_counts() -> None:
    headers = [(b"X-Request-Id", b"1"), (b"x-request-id", b"2")]
    assert header(headers, "X-REQUEST-ID") == "1"
    assert header(headers, "x-request") is None
