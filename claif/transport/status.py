"""From an HTTP status and a structured code to an error of Claif; words of a message decide nothing."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from .._json import loads
from ..config.redact import redact
from ..errors import (
    AuthenticationError,
    ClaifError,
    ContentFilterError,
    ContextLengthError,
    InvalidQueryError,
    ModelNotFoundError,
    ProtocolError,
    ProviderRuntimeError,
    RateLimitError,
    TimeoutError,
)
from .headers import header
from .retry_after import retry_after

if TYPE_CHECKING:
    from collections.abc import Iterable

MESSAGE = 500
"""Characters of a provider's message that are shown."""

_BY_CODE: dict[str, type[ClaifError]] = {
    "context_length_exceeded": ContextLengthError,
    "exceed_context_size_error": ContextLengthError,
    "model_not_found": ModelNotFoundError,
    "model_not_found_error": ModelNotFoundError,
    "content_filter": ContentFilterError,
    "content_policy_violation": ContentFilterError,
    "insufficient_quota": RateLimitError,
}
_BY_STATUS: dict[int, type[ClaifError]] = {
    401: AuthenticationError,
    403: AuthenticationError,
    408: TimeoutError,
    413: InvalidQueryError,
    429: RateLimitError,
    504: TimeoutError,
}
_FINAL_CODES = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
_HINTS = {
    402: "Look at the billing of this provider's account.",
    404: "Check base_url and the name of the model.",
    405: "Check base_url.",
    413: "Shorten the prompt, or attach less.",
}


def error_from_response(
    status: int,
    headers: Iterable[tuple[bytes, bytes]],
    *,
    provider: str | None = None,
    model: str | None = None,
    code: str | None = None,
    message: str | None = None,
) -> ClaifError:
    """The error that an answer means.

    Args:
        status: the HTTP status, 400 or more; or 200 if the error came inside a stream.
        headers: of the answer, for the request's id and Retry-After.
        provider: who answered.
        model: which model was asked.
        code: the structured code of the answer.
        message: what the provider says to the user; shown without the keys it may repeat, never read.

    Returns:
        An error to raise.
    """
    headers = list(headers)
    kind = _BY_CODE.get(code or "") or _BY_STATUS.get(status, ProviderRuntimeError)
    retryable: bool | None = None
    if code in _FINAL_CODES:
        retryable = False
    elif kind is ProviderRuntimeError:
        retryable = status == HTTPStatus.CONFLICT or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    text = clean_message(redact(message)) if message else None
    return kind(
        _sentence(provider, status, text),
        hint=_HINTS.get(status) if kind in {ProviderRuntimeError, InvalidQueryError} else None,
        provider=provider,
        model=model,
        status=status,
        code=code,
        request_id=_request_id(headers),
        retry_after=retry_after(headers),
        retryable=retryable,
    )


def error_details(body: bytes) -> tuple[str | None, str | None]:
    """The structured code and the message of an error's body, in the shapes that are in use.

    `{"error": {"code" or "type" or "status": …, "message": …}}`, also in a list; `{"error": text}`; `{"message": …}`;
    `{"detail": …}`.

    Args:
        body: the body as it came.

    Returns:
        Code and message; `None` for what is not there.
    """
    try:
        data = loads(body)
    except ProtocolError:
        return None, None
    if isinstance(data, list) and data:
        data = data[0]
    if not isinstance(data, dict):
        return None, None
    error = data.get("error", data)
    if isinstance(error, str):
        return _text(data.get("code")), error
    if not isinstance(error, dict):
        return None, None
    code = next((text for name in ("code", "status", "type") if (text := _text(error.get(name)))), None)
    return code, _text(error.get("message")) or _text(error.get("detail"))


def clean_message(text: str) -> str:
    """A foreign text as one line of printable characters, not longer than `MESSAGE`."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text[: 4 * MESSAGE]).split())
    return line if len(line) <= MESSAGE else line[: MESSAGE - 1] + "…"


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _sentence(provider: str | None, status: int, text: str | None) -> str:
    whom = provider or "The provider"
    if status < HTTPStatus.BAD_REQUEST:
        return f"{whom} failed in the middle of its answer: {text or 'it does not say why'}"
    phrase = f" {HTTPStatus(status).phrase}" if status in _PHRASES else ""
    return f"{whom} answered {status}{phrase}" + (f": {text}" if text else ".")


def _request_id(headers: list[tuple[bytes, bytes]]) -> str | None:
    found = header(headers, "x-request-id") or header(headers, "request-id")
    return clean_message(found)[:200] if found else None


_PHRASES = frozenset(HTTPStatus)
