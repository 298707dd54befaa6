"""From the error of a turn to an error of Claif: by its typed `codexErrorInfo`, else by its text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claif.api import (
    AuthenticationError,
    ClaifError,
    ConnectionError,
    ContentFilterError,
    ContextLengthError,
    ModelNotFoundError,
    ProviderRuntimeError,
    RateLimitError,
    error_from_response,
    redact,
)

LOGIN = "Log in with `codex login`, or set the api_key of its provider."
_KINDS: Mapping[str, type[ClaifError]] = {
    "contextWindowExceeded": ContextLengthError,
    "cyberPolicy": ContentFilterError,
    "misalignmentPolicyViolation": ContentFilterError,
    "modelNotFound": ModelNotFoundError,
    "rateLimitExceeded": RateLimitError,
    "responseStreamDisconnected": ConnectionError,
    "unauthorized": AuthenticationError,
    "usageLimitExceeded": RateLimitError,
}
_RETRYABLE = frozenset({"internalServerError", "serverOverloaded", "flexUnavailable", "policyCapacityUnavailable"})
_BROKEN = ("stream disconnected", "stream closed", "error sending request")


def failure(error: object, *, provider: str, model: str | None) -> ClaifError:
    """The error that the `error` of a turn means.

    Args:
        error: `{message, codexErrorInfo, …}`.
        provider: name of the provider.
        model: the model that was asked.
    """
    given: Mapping[str, Any] = error if isinstance(error, Mapping) else {}
    text = redact(str(given.get("message") or "it does not say why"))
    info = given.get("codexErrorInfo")
    code, details = _parts(info)
    status = details.get("httpStatusCode")
    if isinstance(status, int):
        return error_from_response(status, (), provider=provider, model=model, message=text)
    kind = _KINDS.get(code)
    if kind is None and text.lower().startswith(_BROKEN):
        kind = ConnectionError
    if kind is None:
        return ProviderRuntimeError(
            f"{provider} failed: {text}",
            provider=provider,
            model=model,
            code=code or None,
            retryable=code in _RETRYABLE,
        )
    hint = LOGIN if kind is AuthenticationError else None
    return kind(f"{provider}: {text}", hint=hint, provider=provider, model=model, code=code or None)


def _parts(info: object) -> tuple[str, Mapping[str, Any]]:
    """The kind of an error, and what it carries: `"other"`, or `{"httpConnectionFailed": {"httpStatusCode": 401}}`."""
    if isinstance(info, str):
        return info, {}
    if isinstance(info, Mapping) and info:
        name, details = next(iter(info.items()))
        return str(name), details if isinstance(details, Mapping) else {}
    return "", {}
