"""Errors are told apart by status and structured code, never by their text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.api import (
    AuthenticationError,
    ClaifError,
    ContentFilterError,
    ContextLengthError,
    ModelNotFoundError,
    RateLimitError,
    Secret,
)
from claif.protocols.failures import CODES, ErrorSource, Problem, read_problem
from claif.testing import strategies

SOURCE = ErrorSource("house", "m", Secret("sk-canary"))


def refusal(status: int, body: Any, headers: Any = ()) -> ClaifError:
    return SOURCE.from_response(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (401, {"code": "invalid_api_key"}, AuthenticationError),
        (400, {"code": "context_length_exceeded", "type": "invalid_request_error"}, ContextLengthError),
        (400, {"type": "exceed_context_size_error", "code": 400}, ContextLengthError),
        (400, {"code": "content_policy_violation"}, ContentFilterError),
        (404, {"code": "model_not_found"}, ModelNotFoundError),
        (400, {"code": "model_decommissioned"}, ModelNotFoundError),
        (429, {"code": "rate_limit_exceeded"}, RateLimitError),
    ],
)
def test_the_structured_code_decides_the_class(status: int, error: dict[str, Any], kind: type[ClaifError]) -> None:
    caught = refusal(status, {"error": {"message": "No.", **error}})
    assert type(caught) is kind
    assert (caught.status, caught.provider, caught.model) == (status, "house", "m")


def test_an_empty_account_is_no_reason_to_ask_again() -> None:
    caught = refusal(429, {"error": {"code": "insufficient_quota", "message": "Pay."}}, [(b"retry-after", b"2")])
    assert isinstance(caught, RateLimitError)
    assert not caught.retryable
    assert caught.retry_after == 2


@given(st.sampled_from([400, 401, 403, 404, 429, 500, 503]), strategies.texts())
def test_no_text_changes_the_class_of_an_error(status: int, text: str) -> None:
    adversary = f"{text} 403 429 rate_limit_exceeded invalid_api_key retry in 18.403s"
    plain, loud = (refusal(status, {"error": {"message": words}}) for words in ("No.", adversary))
    assert type(plain) is type(loud)
    assert plain.retryable == loud.retryable


@given(
    st.sampled_from([400, 401, 404, 429, 500, 599]),
    st.binary() | strategies.json_values().map(json.dumps).map(str.encode),
)
def test_no_body_crashes_the_reading_of_an_error(status: int, body: bytes) -> None:
    assert refusal(status, body).status == status


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"error": {"code": "c", "type": "t", "message": "m"}}, Problem(("c", "t"), "m")),
        ({"error": "m"}, Problem(message="m")),
        ({"object": "error", "type": "t", "message": "m", "code": 3000}, Problem(("3000", "t"), "m")),
        ({"detail": "Not Found"}, Problem(message="Not Found")),
        ({"error": {"code": True, "message": ["m"]}}, Problem()),
        ([], Problem()),
    ],
)
def test_error_bodies_of_all_known_shapes_are_read(body: Any, problem: Problem) -> None:
    assert read_problem(body) == problem


def test_a_server_that_repeats_the_key_does_not_get_it_into_our_errors() -> None:
    caught = refusal(401, {"error": {"message": "Wrong key: sk-canary\n\nsk-canary"}})
    assert "sk-canary" not in json.dumps(caught.to_dict())
    assert "sk-canary" not in repr(SOURCE)


def test_a_long_message_is_shortened_to_one_line() -> None:
    caught = refusal(500, {"error": {"message": "a\n" * 10_000}})
    assert "\n" not in caught.message
    assert len(caught.message) < 1000


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_of_the_table_gives_an_error_with_a_hint(code: str) -> None:
    assert SOURCE.from_stream({"error": {"code": code}}).hint
