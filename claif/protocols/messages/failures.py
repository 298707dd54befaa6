"""Errors of servers that speak the Messages API."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from attrs import field, frozen

from ...errors import (
    AuthenticationError,
    ClaifError,
    ContextLengthError,
    InvalidQueryError,
    ModelNotFoundError,
    RateLimitError,
    TimeoutError,
)
from ...transport.headers import header
from ..failures import CODES, NO_CREDIT, SERVER, ErrorSource, Meaning, Problem, meaning_of

TYPES: Mapping[str, Meaning] = {
    **CODES,
    "api_error": SERVER,
    "billing_error": NO_CREDIT,
    "not_found_error": Meaning(
        ModelNotFoundError, "List the models with `claif models list`; if the model is there, check base_url."
    ),
    "permission_error": Meaning(AuthenticationError),
    "request_too_large": Meaning(InvalidQueryError, "Shorten the prompt, or attach less."),
    "timeout_error": Meaning(TimeoutError, "Ask again, and let the answer come as a stream."),
}
"""`error.type`; the first eight of https://docs.anthropic.com/en/api/errors and those that others send."""

_SPECIFIC: tuple[tuple[re.Pattern[str], Meaning], ...] = (
    (
        re.compile(r"prompt is too long: \d|input length and `max_tokens` exceed context limit: \d"),
        Meaning(ContextLengthError),
    ),
    (
        re.compile(
            r"Your credit balance is too low|You have reached your specified (?:\w+ )?API usage limits"
            r"|Extra usage is required"
        ),
        NO_CREDIT,
    ),
)
"""Where Anthropic has one type for several things: sentences of its own that begin a message.

Nothing of a user's text stands before them, and the type must be one of `_BROAD`: so a prompt cannot change an error.
"""
_BROAD = frozenset({"invalid_request_error", "rate_limit_error"})


@frozen
class MessagesErrors(ErrorSource):
    """Whom an error names, and what the types of Anthropic's errors mean."""

    protocol: str = field(default="Anthropic's Messages API", kw_only=True)

    def _meaning(self, problem: Problem) -> Meaning | None:
        if not _BROAD.isdisjoint(problem.codes):
            for beginning, meaning in _SPECIFIC:
                if beginning.match(problem.message or ""):
                    return meaning
        return meaning_of(problem.codes, TYPES)

    def _error(self, status: int, headers: Sequence[tuple[bytes, bytes]], problem: Problem) -> ClaifError:
        error = super()._error(status, headers, problem)
        # Anthropic says so of a limit that no wait of seconds lifts, such as a spending cap.
        if error.retryable and header(headers, "x-should-retry") == "false":
            error.retryable = False
            if isinstance(error, RateLimitError):
                error.hint = (
                    "Look at the limits of the account; waiting a little does not help. Or ask another provider."
                )
        return error
