"""From errors of the protocol to errors of Claif: by their code, or by the HTTP status where the agent tells it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from claif.api import (
    AuthenticationError,
    ClaifError,
    ConnectionError,
    InvalidQueryError,
    ProviderRuntimeError,
    error_from_response,
    redact,
)
from claif_acp.parts import table, text

if TYPE_CHECKING:
    from claif_acp.agent import Agent

AUTH_REQUIRED = -32000
RESOURCE_NOT_FOUND = -32002
UNREACHED = "fetch failed"
CUT = "Model stream ended"
TERMINATED = "terminated"
"""How agents that run on Node.js tell that there was no connection, and agents made of Gemini CLI that it broke."""
STATUSES = range(400, 600)
"""HTTP statuses that are errors."""
SHOWN = 500
"""Characters of a message that are shown."""
_BROKEN = (CUT, "Connection error", TERMINATED)


def failure(
    error: Mapping[str, Any],
    *,
    agent: Agent,
    provider: str,
    model: str | None,
    login: str,
    status: Callable[[Mapping[str, Any]], int | None],
) -> ClaifError:
    """The error that an error of JSON-RPC means.

    Args:
        error: `{code, message, data}`.
        agent: what the agent offers, its ways to log in among it.
        provider: name of the provider.
        model: the model that was asked.
        login: how to log in.
        status: reads the HTTP status in it.
    """
    code = error.get("code")
    message = reason(error)
    if code == AUTH_REQUIRED:
        ways = f" It offers: {redact('; '.join(agent.logins))[:SHOWN]}." if agent.logins else ""
        return AuthenticationError(
            f"{provider} is not logged in: {message}",
            hint=f"{login or 'Log in with the agent itself'}, or set the api_key of its provider.{ways}",
            provider=provider,
            model=model,
            code="auth_required",
        )
    found = status(error)
    name = text(table(error.get("data")).get("errorName")) or None
    if found is not None:
        return error_from_response(found, (), provider=provider, model=model, code=name, message=message)
    details = text(table(error.get("data")).get("details")) or text(error.get("message"))
    if details.startswith(_BROKEN) or UNREACHED in details:
        return ConnectionError(f"{provider}: {message}", provider=provider, model=model)
    return ProviderRuntimeError(
        f"{provider} failed: {message}", provider=provider, model=model, code=name or str(code), retryable=False
    )


def no_conversation(error: Mapping[str, Any], name: str) -> InvalidQueryError:
    """The error if a conversation cannot be gone on with."""
    return InvalidQueryError(
        f"{name} cannot go on with this conversation: {reason(error)}",
        hint="Conversations belong to the directory in which they began: --directory DIR.",
    )


def reason(error: Mapping[str, Any]) -> str:
    """What an error says to people, without secrets: its message, and what is in its data."""
    data = error.get("data")
    details = text(data) or text(table(data).get("details")) or text(table(data).get("message"))
    message = text(error.get("message"))
    both = f"{message}: {details}" if message and details and details not in message else message or details
    return redact(both)[:SHOWN] or "it does not say why"
