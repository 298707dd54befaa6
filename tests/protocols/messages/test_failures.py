"""What the refusals of the Messages API mean."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.api import (
    AuthenticationError,
    ClaifError,
    ContextLengthError,
    InvalidQueryError,
    ModelNotFoundError,
    ProviderRuntimeError,
    RateLimitError,
    Secret,
    TimeoutError,
)
from claif.protocols.messages.failures import TYPES, MessagesErrors
from claif.testing import strategies

SOURCE = MessagesErrors("house", "m", Secret("sk-canary"))


def refusal(status: int, kind: str, message: str = "No.", headers: Any = ()) -> ClaifError:
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}
    return SOURCE.from_response(status, [(b"request-id", b"req_1"), *headers], json.dumps(body).encode())


@pytest.mark.parametrize(
    ("status", "code", "kind", "retryable"),
    [
        (400, "invalid_request_error", ProviderRuntimeError, False),
        (401, "authentication_error", AuthenticationError, False),
        (402, "billing_error", RateLimitError, False),
        (403, "permission_error", AuthenticationError, False),
        (404, "not_found_error", ModelNotFoundError, False),
        (413, "request_too_large", InvalidQueryError, False),
        (429, "rate_limit_error", RateLimitError, True),
        (500, "api_error", ProviderRuntimeError, True),
        (504, "timeout_error", TimeoutError, True),
        (529, "overloaded_error", ProviderRuntimeError, True),
    ],
)
def test_every_documented_refusal_has_its_class(
    status: int, code: str, kind: type[ClaifError], retryable: bool
) -> None:
    error = refusal(status, code)
    assert type(error) is kind
    assert (error.status, error.code, error.retryable, error.request_id) == (status, code, retryable, "req_1")
    assert (error.provider, error.model) == ("house", "m")
    assert error.hint


@pytest.mark.parametrize(
    "message",
    [
        "prompt is too long: 208310 tokens > 200000 maximum",
        "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length or …",
    ],
)
def test_a_prompt_that_is_too_long_says_so(message: str) -> None:
    assert type(refusal(400, "invalid_request_error", message)) is ContextLengthError


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API. Please go to …"),
        (400, "invalid_request_error", "You have reached your specified API usage limits. You will regain access on …"),
        (400, "invalid_request_error", "You have reached your specified workspace API usage limits. …"),
        (429, "rate_limit_error", "Extra usage is required for long context requests."),
    ],
)
def test_an_account_that_may_spend_no_more_is_no_reason_to_ask_again(status: int, code: str, message: str) -> None:
    for headers in ([], [(b"x-should-retry", b"false")]):
        error = refusal(status, code, message, headers)
        assert isinstance(error, RateLimitError)
        assert not error.retryable
        assert "credit" in (error.hint or "")


def test_a_limit_tells_how_long_to_wait_unless_waiting_does_not_help() -> None:
    waiting = [(b"retry-after", b"7")]
    error = refusal(429, "rate_limit_error", headers=waiting)
    assert (error.retry_after, error.retryable) == (7, True)
    capped = refusal(429, "rate_limit_error", headers=[*waiting, (b"x-should-retry", b"false")])
    assert not capped.retryable
    assert "limits of the account" in (capped.hint or "")
    assert refusal(429, "rate_limit_error", headers=[(b"x-should-retry", b"true")]).retryable
    assert not refusal(500, "api_error", headers=[(b"x-should-retry", b"false")]).retryable
    assert not refusal(400, "invalid_request_error", headers=[(b"x-should-retry", b"true")]).retryable


@given(st.sampled_from([400, 401, 403, 404, 413, 429, 500, 529]), st.sampled_from(sorted(TYPES)), strategies.texts())
def test_a_text_in_the_middle_of_a_message_changes_nothing(status: int, code: str, said: str) -> None:
    loud = f"messages.0: {said} prompt is too long: 3 tokens; Your credit balance is too low; Extra usage is required"
    plain, adversary = refusal(status, code), refusal(status, code, loud)
    assert type(plain) is type(adversary)
    assert plain.retryable == adversary.retryable


@given(st.sampled_from([401, 404, 500]), st.sampled_from(["authentication_error", "api_error", "not_found_error"]))
def test_a_message_decides_only_where_the_type_says_nothing(status: int, code: str) -> None:
    assert type(refusal(status, code, "prompt is too long: 3 tokens")) is type(refusal(status, code))


@given(
    st.sampled_from([400, 401, 404, 429, 500, 529, 599]),
    st.binary() | strategies.json_values().map(json.dumps).map(str.encode),
)
def test_no_body_crashes_the_reading_of_an_error(status: int, body: bytes) -> None:
    assert SOURCE.from_response(status, [], body).status == status


def test_a_server_that_repeats_the_key_does_not_get_it_into_our_errors() -> None:
    assert "sk-canary" not in json.dumps(refusal(401, "authentication_error", "Wrong: sk-canary").to_dict())
    assert "sk-canary" not in repr(SOURCE)
