"""Errors of the Gemini API, told apart by status, reason and quota, never by their text.

The shapes are those of https://ai.google.dev/gemini-api/docs/troubleshooting and of google.rpc.Status, whose details
are objects with a type each. That a prompt is too long is told in words only, so it is no `ContextLengthError`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from ...config.redact import redact
from ...errors import (
    AuthenticationError,
    ClaifError,
    ContentFilterError,
    ModelNotFoundError,
    ProviderRuntimeError,
    RateLimitError,
    TimeoutError,
)
from ...transport.status import clean_message
from ..failures import CODES, SERVER, ErrorSource, Meaning, Problem, meaning_of

_DETAIL = "type.googleapis.com/google.rpc."
DAILY = "PerDay"
"""In the id of a quota, such as `GenerateRequestsPerDayPerProjectPerModel-FreeTier`."""

_DAY_IS_OVER = Meaning(
    RateLimitError,
    "The quota of this day is used up: wait for the next one, ask another model, or set up billing.",
    False,
)
MEANINGS: Mapping[str, Meaning] = {
    "API_KEY_INVALID": Meaning(AuthenticationError),
    "UNAUTHENTICATED": Meaning(AuthenticationError),
    "PERMISSION_DENIED": Meaning(AuthenticationError),
    "NOT_FOUND": Meaning(ModelNotFoundError),
    "RESOURCE_EXHAUSTED": Meaning(RateLimitError),
    "DEADLINE_EXCEEDED": Meaning(TimeoutError),
    "FAILED_PRECONDITION": Meaning(
        ProviderRuntimeError, "The API may not be free where you are: set up billing for the key's project.", False
    ),
    "INTERNAL": SERVER,
    "UNAVAILABLE": SERVER,
}
"""The `reason` of an error's details, or else its `status`."""


@frozen
class GeminiSource(ErrorSource):
    """Whom an error of the Gemini API names; see `ErrorSource`."""

    protocol: str = "the Gemini API"

    def _read(self, data: Any) -> Problem:
        return read_problem(data)

    def _meaning(self, problem: Problem) -> Meaning | None:
        if any(DAILY in code for code in problem.codes):
            return _DAY_IS_OVER
        return meaning_of(problem.codes, MEANINGS)


def read_problem(data: Any) -> Problem:
    """Read an error: `{"error": {"code", "message", "status", "details"}}`, also as the first of a list."""
    if isinstance(data, list) and data:
        data = data[0]
    error = data.get("error") if isinstance(data, dict) else None
    if not isinstance(error, dict):
        return Problem(message=error if isinstance(error, str) else None)
    details = [detail for detail in _list(error.get("details")) if isinstance(detail, dict)]
    reasons = [detail.get("reason") for detail in _of_type(details, "ErrorInfo")]
    delays = [detail.get("retryDelay") for detail in _of_type(details, "RetryInfo")]
    codes = [*_daily_quotas(details), *reasons, error.get("status"), error.get("code")]
    message = error.get("message")
    return Problem(
        tuple([str(code) for code in codes if code.__class__ in (str, int)]),
        message if isinstance(message, str) and message else None,
        next((delay.removesuffix("s") for delay in delays if isinstance(delay, str)), None),
    )


def _of_type(details: list[dict[str, Any]], name: str) -> Iterator[dict[str, Any]]:
    return (detail for detail in details if detail.get("@type") == _DETAIL + name)


def _daily_quotas(details: list[dict[str, Any]]) -> Iterator[str]:
    for failure in _of_type(details, "QuotaFailure"):
        for violation in _list(failure.get("violations")):
            quota = violation.get("quotaId") if isinstance(violation, dict) else None
            if isinstance(quota, str) and DAILY in quota:
                yield quota


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def blocked(source: ErrorSource, reason: str, message: Any) -> ClaifError:
    """The prompt was not let through; nothing was answered."""
    return ContentFilterError(
        f"{source.provider} blocked the prompt: {_said(reason, message)}",
        hint=CODES["content_filter"].hint,
        provider=source.provider,
        model=source.model,
        code=clean_message(reason),
    )


def broken_off(source: ErrorSource, reason: str, message: Any, *, retryable: bool) -> ClaifError:
    """The server gave up an answer of which nothing can be made."""
    return ProviderRuntimeError(
        f"{source.provider} gave up the answer: {_said(reason, message)}",
        hint="Ask again, or simplify the tools." if retryable else None,
        provider=source.provider,
        model=source.model,
        code=clean_message(reason),
        retryable=retryable,
    )


def no_candidate(source: ErrorSource) -> ClaifError:
    """The server answered without an answer, and did not say why."""
    return ProviderRuntimeError(
        f"{source.provider} sent no answer (no candidate), and no reason.",
        hint="Ask again, or word the prompt differently.",
        provider=source.provider,
        model=source.model,
        retryable=True,
    )


def _said(reason: str, message: Any) -> str:
    told = f"{reason}: {message}" if isinstance(message, str) and message else f"{reason}."
    return clean_message(redact(told))
