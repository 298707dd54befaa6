"""Errors of servers of models, told apart by status and structured code; the Messages API has an exception to that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from .._json import loads as json_loads
from ..errors import (
    AuthenticationError,
    ClaifError,
    ConnectionError,
    ContentFilterError,
    ContextLengthError,
    ModelNotFoundError,
    ProtocolError,
    ProviderRuntimeError,
    RateLimitError,
)
from ..transport.status import error_from_response

if TYPE_CHECKING:
    from ..config import Secret

STREAMED = 200
"""The status of a response that turns out to be an error while it is streamed."""


@frozen
class Meaning:
    """What a code means: the class of the error, and what is said instead of the class's own words."""

    kind: type[ClaifError]
    hint: str | None = None
    retryable: bool | None = None


NO_CREDIT = Meaning(RateLimitError, "The account has no credit left: top it up, or ask another provider.", False)
_KEY = Meaning(AuthenticationError)
_LIMIT = Meaning(RateLimitError)
_MODEL = Meaning(ModelNotFoundError)
_CONTEXT = Meaning(ContextLengthError)
_FILTER = Meaning(ContentFilterError, "Word the prompt differently, or ask another provider.")
SERVER = Meaning(ProviderRuntimeError, "The server has a problem: try again, or ask another provider.", True)

CODES: Mapping[str, Meaning] = {
    "invalid_api_key": _KEY,
    "authentication_error": _KEY,
    "invalid_authentication": _KEY,
    "insufficient_quota": NO_CREDIT,
    "billing_hard_limit_reached": NO_CREDIT,
    "rate_limit_exceeded": _LIMIT,
    "rate_limit_error": _LIMIT,
    "model_not_found": _MODEL,
    "model_decommissioned": _MODEL,
    "context_length_exceeded": _CONTEXT,
    "exceed_context_size_error": _CONTEXT,
    "content_filter": _FILTER,
    "content_policy_violation": _FILTER,
    "server_error": SERVER,
    "internal_server_error": SERVER,
    "overloaded_error": SERVER,
    "service_unavailable": SERVER,
}
"""`error.code`, or else `error.type`, of OpenAI and of those who speak like it."""


@frozen
class Problem:
    """What an error body says: its codes, most exact first, its text, and after how many seconds to ask again."""

    codes: tuple[str, ...] = ()
    message: str | None = None
    retry_after: str | None = None


def read_problem(data: Any) -> Problem:
    """Read an error body: `{"error": {…}}`, `{"error": "…"}`, or the members at the top, as Mistral has them."""
    error = data.get("error") or data if isinstance(data, dict) else None
    if isinstance(error, str):
        return Problem(message=error)
    if not isinstance(error, dict):
        return Problem()
    codes = [error.get(name) for name in ("code", "type")]
    message = next((text for name in ("message", "detail") if isinstance(text := error.get(name), str) and text), None)
    return Problem(tuple([str(code) for code in codes if code.__class__ in (str, int)]), message)


@frozen
class ErrorSource:
    """Whom an error names.

    Args:
        provider: name of the provider.
        model: name of the model that was asked.
        secret: the key that is sent; the redactor knows it as long as this lives, should an error repeat it.
        protocol: what the server is asked in; in a hint it ends the sentence.
    """

    provider: str
    model: str | None = None
    secret: Secret | None = field(default=None, repr=False)
    protocol: str = "chat completions"

    def from_response(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ClaifError:
        """The error that a response with another status than 200 means."""
        try:
            problem = self._read(json_loads(body))
        except ProtocolError:
            problem = Problem()
        return self._error(status, headers, problem)

    def from_stream(self, chunk: Mapping[str, Any]) -> ClaifError:
        """The error that an `error` object in a stream means; a number as its code is an HTTP status."""
        problem = self._read(chunk)
        for code in problem.codes:
            if len(code) == len("500") and code.isascii() and code.isdigit() and code[0] in "45":
                return self._error(int(code), (), problem)
        return self._error(STREAMED, (), problem)

    def cut(self) -> ClaifError:
        """The answer ended before it was complete."""
        return ConnectionError(
            f"The answer of {self.provider} was cut in the middle.",
            hint="Ask again; what had arrived is kept.",
            provider=self.provider,
            model=self.model,
        )

    def garbled(self, what: str) -> ProtocolError:
        """The server sent `what`, which is not the protocol."""
        return ProtocolError(
            f"{self.provider} sent {what}.",
            hint=f"Check that providers.{self.provider}.base_url is the address of an API that speaks {self.protocol}.",
            provider=self.provider,
            model=self.model,
        )

    def parse(self, data: str) -> Any:
        """The JSON data of a server-sent event.

        Raises:
            ProtocolError: it is none.
        """
        try:
            return json_loads(data)
        except ProtocolError:
            raise self.garbled("an event that is not valid JSON") from None

    def parse_object(self, data: str) -> dict[str, Any]:
        """The JSON object of a server-sent event.

        Raises:
            ProtocolError: it is none.
        """
        found = self.parse(data)
        if not isinstance(found, dict):
            raise self.garbled(f"an event that is no JSON object but {type(found).__name__}")
        return found

    def _read(self, data: Any) -> Problem:
        """What an error body says; a protocol may have another shape of it."""
        return read_problem(data)

    def _meaning(self, problem: Problem) -> Meaning | None:
        """What the problem means where the status does not say it; a protocol may know more codes."""
        return meaning_of(problem.codes, CODES)

    def _error(self, status: int, headers: Sequence[tuple[bytes, bytes]], problem: Problem) -> ClaifError:
        if problem.retry_after is not None:
            headers = [*headers, (b"retry-after", problem.retry_after.encode("ascii", "replace"))]
        error = error_from_response(
            status,
            headers,
            provider=self.provider,
            model=self.model,
            code=next(iter(problem.codes), None),
            message=problem.message,
        )
        meaning = self._meaning(problem)
        if meaning is not None and (meaning is not SERVER or status == STREAMED):
            error = meaning.kind(
                error.message,
                hint=meaning.hint,
                retryable=meaning.retryable,
                provider=self.provider,
                model=self.model,
                status=status,
                code=error.code,
                request_id=error.request_id,
                retry_after=error.retry_after,
            )
        if isinstance(error, AuthenticationError):
            error.hint = f"Check the key: claif config set providers.{self.provider}.api_key '${{VARIABLE}}'"
        if status == STREAMED:
            error.status = None
        return error


def meaning_of(codes: Sequence[str], table: Mapping[str, Meaning]) -> Meaning | None:
    """The meaning of the first code that the table has."""
    return next((table[code] for code in codes if code in table), None)
