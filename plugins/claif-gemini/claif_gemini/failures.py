"""From the end of `gemini -o stream-json` to an error of Claif: by its fields, else by the exit code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from claif_acp.failures import CUT
from claif_acp.parts import text

from claif.api import (
    AuthenticationError,
    ClaifError,
    ConnectionError,
    InvalidQueryError,
    ProviderRuntimeError,
    error_from_response,
    redact,
)

LOOP = "Loop detected"
TURNS = "FatalTurnLimitedError"
_STATUS = re.compile(r'"code":\s*([45]\d\d)\b')
_LOGIN = "Run gemini once and log in, or set the api_key of its provider."
_CODES: Mapping[int, tuple[type[ClaifError], str, str | None]] = {
    41: (AuthenticationError, "it is not logged in", _LOGIN),
    42: (InvalidQueryError, "it takes no such input, or knows no such conversation", None),
    44: (ProviderRuntimeError, "its own sandbox failed", None),
    52: (ProviderRuntimeError, "its settings are wrong", None),
    54: (ProviderRuntimeError, "one of its tools failed", None),
    55: (ProviderRuntimeError, "it does not trust the working directory", None),
    130: (ProviderRuntimeError, "it was interrupted", None),
}
"""The fixed codes of its source (0.61.0)."""
_EXIT_STATUSES = (400, 401, 403, 404, 408, 409, 429, 500, 502, 503, 504, 529)
_MODULO = 256
_TURN_LIMIT = 53
_NOT_FOUND = 404


def failure(error: Mapping[str, Any], said: str, *, provider: str, model: str | None) -> ClaifError:
    """The error that a `result` with the status `error` means.

    Args:
        error: its `error`: `{type, message}`.
        said: what the `error` record before it said.
        provider: name of the provider.
        model: the model that was asked.
    """
    message = redact(text(error.get("message")) or said) or "it does not say why"
    if error.get("type") == TURNS:
        return turn_limit(provider, model)
    found = _STATUS.search(message)
    if found is not None:
        return error_from_response(int(found[1]), (), provider=provider, model=model, message=message)
    kind = ConnectionError if said.startswith(CUT) else ProviderRuntimeError
    return kind(f"{provider} failed: {message}", provider=provider, model=model)


def turn_limit(provider: str, model: str | None) -> ClaifError:
    """The error if the model was asked as often as it may be."""
    return ProviderRuntimeError(
        f"{provider}: It reached its most turns.",
        hint="Allow more with -o max_turns=N.",
        provider=provider,
        model=model,
        code="max_turns",
        retryable=False,
    )


def loop(provider: str, model: str | None) -> ClaifError:
    """The error if it stopped the model for repeating itself, which it ends as a success without an answer."""
    return ProviderRuntimeError(
        f"{provider}: It stopped the model, which repeats itself.",
        provider=provider,
        model=model,
        code="loop_detected",
        retryable=False,
    )


def refined(error: ClaifError, code: int | None, *, provider: str, model: str | None) -> ClaifError:
    """The error with what the exit code says beyond it: an HTTP status modulo 256, or one of its fixed codes.

    Args:
        error: what is known without it.
        code: the exit code; `None` if the process has not ended.
        provider: name of the provider.
        model: the model that was asked.
    """
    if error.status is not None or code is None or error.code is not None:
        return error
    if code == _TURN_LIMIT:
        return turn_limit(provider, model)
    if code in _CODES:
        kind, why, hint = _CODES[code]
        return kind(f"{provider}: {why}: {error.message}", hint=hint, provider=provider, model=model)
    status = next((status for status in _EXIT_STATUSES if status % _MODULO == code), None)
    if status is None:
        return error
    code_of = "model_not_found" if status == _NOT_FOUND else None
    return error_from_response(status, (), provider=provider, model=model, code=code_of, message=error.message)
