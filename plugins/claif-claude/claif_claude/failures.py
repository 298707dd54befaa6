"""From the `result` of a turn to an error, by its fields: `is_error`, never its subtype (a 401 is a "success")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claif.api import (
    AuthenticationError,
    ClaifError,
    ConnectionError,
    InvalidQueryError,
    ProviderRuntimeError,
    error_from_response,
    redact,
)

LOGIN = "Log in with `claude` (then /login), or set the api_key of its provider."
_LIMITS = {
    "error_max_turns": ("max_turns", "It reached its most turns.", "Allow more with -o max_turns=N."),
    "error_max_budget_usd": ("max_budget", "It reached its budget.", "Allow more with -o max_budget=DOLLARS."),
}


def failure(result: Mapping[str, Any], *, provider: str, model: str | None, code: str | None) -> ClaifError | None:
    """The error that a `result` means; `None` if it is an answer.

    Args:
        result: the record.
        provider: name of the provider.
        model: the model that was asked.
        code: the `error` of the last `assistant` record, such as `rate_limit`.
    """
    subtype = str(result.get("subtype", ""))
    if not result.get("is_error") and subtype == "success":
        return None
    if subtype in _LIMITS:
        name, text, advice = _LIMITS[subtype]
        return ProviderRuntimeError(text, hint=advice, provider=provider, model=model, code=name, retryable=False)
    message = redact(_message(result))
    status = result.get("api_error_status")
    if isinstance(status, int):
        return error_from_response(status, (), provider=provider, model=model, code=code, message=message)
    if message.startswith("No conversation found"):
        return InvalidQueryError(
            f"{provider}: {message}", hint="Conversations belong to the directory in which they began: --directory DIR."
        )
    kind: type[ClaifError] = ProviderRuntimeError
    text, hint = message or "it failed and does not say why", None
    if code in {"authentication_failed", "oauth_org_not_allowed"}:
        kind, hint = AuthenticationError, LOGIN
    elif code == "server_error":
        kind, text = ConnectionError, f"it could not reach its API: {message}"
    return kind(f"{provider}: {text}", hint=hint, provider=provider, model=model, code=code)


def _message(result: Mapping[str, Any]) -> str:
    text = result.get("result")
    if isinstance(text, str) and text:
        return text
    errors = result.get("errors")
    return "; ".join([str(error) for error in errors]) if isinstance(errors, list) else ""
