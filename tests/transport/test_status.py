"""Errors come from the status and the structured code; what the message says decides nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.config.secret import Secret
from claif.errors import (
    AuthenticationError,
    ClaifError,
    ContentFilterError,
    ContextLengthError,
    InvalidQueryError,
    ModelNotFoundError,
    ProviderRuntimeError,
    RateLimitError,
    TimeoutError,
)
from claif.transport.headers import raw_headers
from claif.transport.status import MESSAGE, clean_message, error_details, error_from_response


@pytest.mark.parametrize(
    ("status", "code", "kind", "retryable"),
    [
        (400, None, ProviderRuntimeError, False),
        (400, "context_length_exceeded", ContextLengthError, False),
        (400, "exceed_context_size_error", ContextLengthError, False),
        (400, "content_filter", ContentFilterError, False),
        (401, None, AuthenticationError, False),
        (402, None, ProviderRuntimeError, False),
        (403, None, AuthenticationError, False),
        (403, "model_not_found", ModelNotFoundError, False),
        (404, None, ProviderRuntimeError, False),
        (404, "model_not_found", ModelNotFoundError, False),
        (408, None, TimeoutError, True),
        (409, None, ProviderRuntimeError, True),
        (413, None, InvalidQueryError, False),
        (418, None, ProviderRuntimeError, False),
        (429, None, RateLimitError, True),
        (429, "insufficient_quota", RateLimitError, False),
        (500, None, ProviderRuntimeError, True),
        (503, None, ProviderRuntimeError, True),
        (504, None, TimeoutError, True),
        (529, None, ProviderRuntimeError, True),
        (799, None, ProviderRuntimeError, True),
    ],
)
def test_each_status_and_code_has_its_error(
    status: int, code: str | None, kind: type[ClaifError], retryable: bool
) -> None:
    error = error_from_response(status, [], provider="acme", model="m", code=code)
    assert type(error) is kind
    assert error.retryable is retryable
    assert (error.provider, error.model, error.status, error.code) == ("acme", "m", status, code)
    assert str(status) in str(error)


@given(st.integers(400, 599), st.text(max_size=60), st.sampled_from(["403 Forbidden", "429", "context length", "401"]))
def test_no_message_changes_what_an_error_is(status: int, text: str, bait: str) -> None:
    plain = error_from_response(status, [])
    baited = error_from_response(status, [], message=f"{bait} {text} {bait}")
    assert type(baited) is type(plain)
    assert baited.retryable is plain.retryable


def test_a_wrong_address_is_named_as_a_likely_reason_for_a_404() -> None:
    assert "base_url" in str(error_from_response(404, []).hint)


def test_a_status_that_has_no_name_is_told_by_its_number() -> None:
    assert error_from_response(529, [], provider="acme", message="Busy.").message == "acme answered 529: Busy."
    assert error_from_response(529, [], provider="acme").message == "acme answered 529."


def test_the_request_id_and_the_wait_come_from_the_headers() -> None:
    error = error_from_response(429, [(b"X-Request-ID", b"req-1"), (b"Retry-After", b"3")])
    assert (error.request_id, error.retry_after) == ("req-1", 3.0)
    assert error_from_response(500, [(b"request-id", b"r\x1b[2J2")]).request_id == "r [2J2"


def test_an_error_inside_a_stream_says_so() -> None:
    assert "in the middle" in str(error_from_response(200, [], provider="acme", message="overloaded"))
    assert "in the middle" in str(error_from_response(200, [], provider="acme"))


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"error": {"code": "c", "type": "t", "message": "m"}}, "c", "m"),
        ({"error": {"code": None, "type": "t", "message": "m"}}, "t", "m"),
        ({"error": {"code": 404, "status": "NOT_FOUND", "message": "m"}}, "NOT_FOUND", "m"),
        ([{"error": {"status": "NOT_FOUND", "message": "m"}}], "NOT_FOUND", "m"),
        ({"error": "m"}, None, "m"),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "m"}}, "overloaded_error", "m"),
        ({"code": "c", "message": "m"}, "c", "m"),
        ({"detail": "m"}, None, "m"),
        ({"error": None}, None, None),
        ({"error": {"message": {"a": 1}}}, None, None),
        ([], None, None),
        ("text", None, None),
        (None, None, None),
    ],
)
def test_code_and_message_are_found_in_the_shapes_in_use(body: Any, code: str | None, message: str | None) -> None:
    assert error_details(json.dumps(body).encode()) == (code, message)


@given(st.binary(max_size=60))
def test_a_body_that_is_no_json_has_no_details(body: bytes) -> None:
    error_details(body)
    assert error_details(b"<html>502") == (None, None)


@given(st.text(max_size=3000))
def test_a_message_becomes_one_short_printable_line(text: str) -> None:
    cleaned = clean_message(text)
    assert len(cleaned) <= MESSAGE
    assert cleaned.isprintable()


def test_a_secret_that_the_provider_repeats_is_masked() -> None:
    headers = raw_headers(
        [("authorization", Secret("Bearer sk-canary")), ("x-api-key", Secret("abc-canary")), ("x", "public")]
    )
    text = str(error_from_response(400, (), message="Bad key sk-canary (Bearer sk-canary), abc-canary; public"))
    assert "canary" not in text
    assert "public" in text
    assert len(headers) == 3
