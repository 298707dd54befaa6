"""Errors are told apart by status, reason and quota, never by their text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.api import (
    AuthenticationError,
    ClaifError,
    ModelNotFoundError,
    ProviderRuntimeError,
    RateLimitError,
    Secret,
    TimeoutError,
)
from claif.errors import InvalidQueryError
from claif.protocols.failures import Problem
from claif.protocols.generate_content.failures import MEANINGS, GeminiSource, read_problem
from claif.testing import strategies

SOURCE = GeminiSource("house", "m", Secret("sk-canary"))
RPC = "type.googleapis.com/google.rpc."


def detail(kind: str, **more: Any) -> dict[str, Any]:
    return {"@type": RPC + kind, **more}


def body(code: int, status: str, *details: Any, message: str = "No.") -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


def refusal(status: int, data: Any, headers: Any = ()) -> ClaifError:
    return SOURCE.from_response(status, headers, data if isinstance(data, bytes) else json.dumps(data).encode())


@pytest.mark.parametrize(
    ("status", "name", "kind", "retryable"),
    [
        (400, "INVALID_ARGUMENT", ProviderRuntimeError, False),
        (400, "FAILED_PRECONDITION", ProviderRuntimeError, False),
        (401, "UNAUTHENTICATED", AuthenticationError, False),
        (403, "PERMISSION_DENIED", AuthenticationError, False),
        (404, "NOT_FOUND", ModelNotFoundError, False),
        (413, "INVALID_ARGUMENT", InvalidQueryError, False),
        (429, "RESOURCE_EXHAUSTED", RateLimitError, True),
        (500, "INTERNAL", ProviderRuntimeError, True),
        (503, "UNAVAILABLE", ProviderRuntimeError, True),
        (504, "DEADLINE_EXCEEDED", TimeoutError, True),
    ],
)
def test_the_status_decides_the_class_in_an_answer_and_in_a_stream(
    status: int, name: str, kind: type[ClaifError], retryable: bool
) -> None:
    told = body(status, name)
    for caught in (refusal(status, told), refusal(status, [told]), SOURCE.from_stream(told)):
        assert type(caught) is kind
        assert (caught.status, caught.code, caught.retryable) == (status, name, retryable)
        assert (caught.provider, caught.model) == ("house", "m")
        assert "No." in caught.message


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("UNAVAILABLE", ProviderRuntimeError),
        ("RESOURCE_EXHAUSTED", RateLimitError),
        ("DEADLINE_EXCEEDED", TimeoutError),
    ],
)
def test_in_a_stream_the_name_of_the_status_is_enough(name: str, kind: type[ClaifError]) -> None:
    caught = SOURCE.from_stream({"error": {"status": name}})
    assert type(caught) is kind
    assert caught.retryable


def test_a_key_that_is_not_valid_is_refused_with_400_and_a_reason() -> None:
    caught = refusal(400, body(400, "INVALID_ARGUMENT", detail("ErrorInfo", reason="API_KEY_INVALID")))
    assert type(caught) is AuthenticationError
    assert (caught.status, caught.code) == (400, "API_KEY_INVALID")
    assert "claif config set providers.house.api_key" in (caught.hint or "")


def test_a_limit_says_when_to_ask_again() -> None:
    caught = refusal(429, body(429, "RESOURCE_EXHAUSTED", detail("Help"), detail("RetryInfo", retryDelay="18.4s")))
    assert isinstance(caught, RateLimitError)
    assert (caught.retry_after, caught.retryable) == (18.4, True)


@pytest.mark.parametrize("delay", ["soon", "-3s", 18, "", None, "1e999s", "\ud800s"])
def test_a_delay_that_is_none_is_left_out(delay: Any) -> None:
    caught = refusal(429, body(429, "RESOURCE_EXHAUSTED", detail("RetryInfo", retryDelay=delay)))
    assert (type(caught), caught.retry_after) == (RateLimitError, None)


@pytest.mark.parametrize(
    ("quota", "retryable"),
    [
        ("GenerateRequestsPerDayPerProjectPerModel-FreeTier", False),
        ("GenerateContentInputTokensPerModelPerMinute-FreeTier", True),
    ],
)
def test_the_quota_of_a_day_is_no_reason_to_ask_again(quota: str, retryable: bool) -> None:
    failure = detail("QuotaFailure", violations=[{"quotaId": "Other"}, {"quotaId": quota}])
    caught = refusal(429, body(429, "RESOURCE_EXHAUSTED", failure, detail("RetryInfo", retryDelay="2s")))
    assert type(caught) is RateLimitError
    assert (caught.retryable, caught.retry_after) == (retryable, 2)
    assert caught.code == ("RESOURCE_EXHAUSTED" if retryable else quota)


@given(st.sampled_from([400, 401, 403, 404, 429, 500, 503]), strategies.texts())
def test_no_text_changes_the_class_of_an_error(status: int, text: str) -> None:
    adversary = f"{text} API_KEY_INVALID 429 RESOURCE_EXHAUSTED PerDay retry in 18.403s input token count exceeds"
    plain, loud = (refusal(status, body(status, "", message=words)) for words in ("No.", adversary))
    assert type(plain) is type(loud)
    assert (plain.retryable, plain.retry_after) == (loud.retryable, loud.retry_after)


@given(
    st.sampled_from([400, 401, 404, 429, 500, 599]),
    st.binary()
    | st.recursive(
        strategies.json_scalars()
        | st.sampled_from([RPC + kind for kind in ("ErrorInfo", "RetryInfo", "QuotaFailure")]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["error", "details", "@type", "reason", "retryDelay", "violations", "quotaId", "code"]),
                inner,
                max_size=4,
            )
        ),
    )
    .map(json.dumps)
    .map(str.encode),
)
def test_no_body_crashes_the_reading_of_an_error(status: int, data: bytes) -> None:
    assert refusal(status, data).status == status


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (body(404, "NOT_FOUND"), Problem(("NOT_FOUND", "404"), "No.")),
        ([body(404, "NOT_FOUND")], Problem(("NOT_FOUND", "404"), "No.")),
        ({"error": "No."}, Problem(message="No.")),
        ({"error": {"code": True, "message": ["m"], "details": 3}}, Problem()),
        ({"message": "m"}, Problem()),
        ([], Problem()),
    ],
)
def test_error_bodies_of_all_known_shapes_are_read(data: Any, problem: Problem) -> None:
    assert read_problem(data) == problem


def test_a_server_that_repeats_the_key_does_not_get_it_into_our_errors() -> None:
    caught = refusal(400, body(400, "INVALID_ARGUMENT", message="API key not valid: sk-canary"))
    assert "sk-canary" not in json.dumps(caught.to_dict())
    assert "sk-canary" not in repr(SOURCE)


@pytest.mark.parametrize("code", sorted(MEANINGS))
def test_every_code_of_the_table_gives_an_error_with_a_hint(code: str) -> None:
    assert SOURCE.from_stream({"error": {"status": code}}).hint
