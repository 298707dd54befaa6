"""The error tree: every error says what happened, what to do about it, and whether asking again can help."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .models import Attempt, Message

_PAYLOAD = ("provider", "model", "status", "code", "request_id", "query_id", "retry_after")


class ClaifError(Exception):
    """The root of all errors that Claif raises on purpose.

    Args:
        message: one sentence that says what happened.
        hint: one sentence that tells the user what to do; the class's own hint when not given.
        provider: name of the provider that was asked.
        model: name of the model that was asked.
        status: HTTP status, if the error came over HTTP.
        code: the provider's structured error code.
        request_id: the provider's id of the failed request.
        retry_after: seconds after which the provider wants to be asked again.
        partial: the part of the answer that had arrived.
        retryable: whether the same query can succeed later; the class's default when not given.
    """

    exit_code: ClassVar[int] = 1
    default_hint: ClassVar[str | None] = None
    default_retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        provider: str | None = None,
        model: str | None = None,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        partial: Message | None = None,
        retryable: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = self.default_hint if hint is None else hint
        self.provider = provider
        self.model = model
        self.status = status
        self.code = code
        self.request_id = request_id
        self.query_id: str | None = None
        """What marks the records of the failed query in the log."""
        self.retry_after = retry_after
        self.partial = partial
        self.retryable = self.default_retryable if retryable is None else retryable
        self.attempts: tuple[Attempt, ...] = ()
        """Each time that a provider was asked, in order; see `Reply.attempts`."""

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[object, ...]:
        return _restore, (type(self), self.message, self.__dict__)

    def to_dict(self) -> dict[str, object]:
        """The error as JSON data: `{"type": "error", "error": class name, "message": …}` and each known payload."""
        data: dict[str, object] = {"type": "error", "error": type(self).__name__, "message": self.message}
        if self.hint:
            data["hint"] = self.hint
        data["retryable"] = self.retryable
        data["exit_code"] = self.exit_code
        for name in _PAYLOAD:
            value = getattr(self, name)
            if value is not None:
                data[name] = value
        if self.partial is not None:
            data["partial"] = self.partial.text
        if len(self.attempts) > 1:
            data["attempts"] = [
                {"provider": one.provider, "model": one.model, "error": one.error, "seconds": round(one.seconds, 3)}
                for one in self.attempts
            ]
        return data


def _restore(cls: type[ClaifError], message: str, state: dict[str, object]) -> ClaifError:
    error = cls.__new__(cls, message)
    error.args = (message,)
    error.__dict__.update(state)
    return error


class ConfigurationError(ClaifError):
    """Something in the configuration keeps Claif from working."""

    exit_code = 3
    default_hint = "See the configuration and where each value came from with `claif config show --origin`."


class MissingAPIKeyError(ConfigurationError):
    """The provider needs an API key and none was found."""


class InvalidConfigError(ConfigurationError):
    """The configuration has values that are not allowed; `problems` lists each as `path: what is wrong`."""

    def __init__(self, message: str, *, problems: tuple[str, ...] = (), hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.problems = problems

    def to_dict(self) -> dict[str, object]:
        """The error as JSON data, with the list of problems."""
        return {**super().to_dict(), "problems": list(self.problems)}


class InvalidQueryError(ClaifError):
    """The query cannot be asked of anybody as it is (empty, not valid text, an attachment nobody can read)."""

    exit_code = 2


class ProviderError(ClaifError):
    """A provider could not answer."""

    exit_code = 4


class ProviderNotFoundError(ProviderError):
    """No provider has this name."""

    default_hint = "List the providers with `claif providers list`."


class ProviderInitError(ProviderError):
    """The provider exists but cannot be used here."""

    default_hint = "See what it lacks with `claif providers status`."


class ProviderRuntimeError(ProviderError):
    """The provider was asked and failed."""

    default_hint = "Ask again later, or ask another provider with -p NAME."


class AllFailedError(ProviderError):
    """Of several providers that were asked the same, none answered; `errors` has what each failed with, by its name."""

    default_hint = "See what each lacks with `claif providers status`."

    def __init__(self, message: str, *, errors: Mapping[str, Exception] | None = None, hint: str | None = None) -> None:
        self.errors = dict(errors or {})
        retryable = any(getattr(error, "retryable", False) for error in self.errors.values())
        super().__init__(message, hint=hint, retryable=retryable)

    def to_dict(self) -> dict[str, object]:
        """The error as JSON data, with the error of each provider."""
        return {**super().to_dict(), "errors": {name: _to_dict(error) for name, error in self.errors.items()}}


def _to_dict(error: Exception) -> dict[str, object]:
    if isinstance(error, ClaifError):
        return error.to_dict()
    return {"type": "error", "error": type(error).__name__, "message": str(error), "retryable": False, "exit_code": 1}


class AuthenticationError(ProviderError):
    """The provider refused the key."""

    exit_code = 5
    default_hint = "Check the API key of this provider."


class ModelNotFoundError(ProviderError):
    """The provider has no model of this name."""

    default_hint = "List the models with `claif models list`."


class ContextLengthError(ProviderError):
    """The query is longer than the model's context window."""

    default_hint = "Shorten the prompt or choose a model with a larger context window."


class ContentFilterError(ProviderError):
    """The provider refused the content."""


class TransportError(ClaifError):
    """The exchange with the provider broke down."""

    exit_code = 6
    default_retryable = True


class ConnectionError(TransportError, builtins.ConnectionError):
    """The provider cannot be reached, or the connection was lost."""

    default_hint = "Check that the address is right, the server runs and the network is up."


class TimeoutError(TransportError, builtins.TimeoutError):
    """A deadline passed."""

    exit_code = 7
    default_hint = "Give it more time with --timeout SECONDS."


class RateLimitError(TransportError):
    """The provider limits how often it may be asked; `retry_after` tells the wait in seconds, if known."""

    exit_code = 8
    default_hint = "Wait, or ask another provider."


class ProtocolError(TransportError):
    """The peer sent what its protocol forbids, or more than the limits allow."""

    default_hint = "Check that the address is that of an API of this kind: `claif config get providers.NAME.base_url`."
    default_retryable = False


class InstallError(ClaifError):
    """Something that has to be on this machine is not, or could not be put there."""

    exit_code = 9


class DependencyError(InstallError):
    """A package, program or library is missing or does not work."""


class AgentNotInstalledError(DependencyError):
    """The command line of an agent is not on this machine; `agent` is the name that `claif install` knows it by."""

    def __init__(self, message: str, *, agent: str = "", hint: str | None = None, provider: str | None = None) -> None:
        super().__init__(message, hint=hint or f"Install it: claif install {agent}".rstrip(), provider=provider)
        self.agent = agent

    def to_dict(self) -> dict[str, object]:
        """The error as JSON data, with the name of the agent."""
        return {**super().to_dict(), "agent": self.agent}


class PermissionError(InstallError, builtins.PermissionError):
    """The operating system does not allow it."""


class PluginError(ClaifError):
    """A plugin failed in a place where its failure must not be passed over."""

    exit_code = 10
    default_hint = "See the plugins with `claif plugins list`; run without them with --no-plugins."


class SandboxError(ClaifError):
    """The confinement that was asked for cannot be had here, so nothing was started."""

    exit_code = 11
    default_hint = "See what confinement this machine has, and what is missing, with `claif doctor`."


class WorktreeError(ClaifError):
    """A worktree could not be made, or what was changed in it could not be taken over; `path` is where that is kept."""

    exit_code = 12

    def __init__(self, message: str, *, path: str | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.path = path

    def to_dict(self) -> dict[str, object]:
        """The error as JSON data, with the path."""
        return {**super().to_dict(), **({} if self.path is None else {"path": self.path})}


class BudgetExceededError(ClaifError):
    """What it may cost is more than is left of a budget, so it was not asked; `limit` and `spent` are US dollars.

    Args:
        message: which budget it is.
        hint: what the user can do.
        provider: who was not asked.
        limit: the budget; `None` if nobody knows what the query costs, and such queries are refused.
        spent: what is spent of it, or may still be by queries that run.
    """

    exit_code = 13
    default_hint = "See what is spent with `claif usage`."

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        provider: str | None = None,
        limit: float | None = None,
        spent: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint, provider=provider)
        self.limit = limit
        self.spent = spent

    def to_dict(self) -> dict[str, object]:
        """The error as JSON data, with the limit and what is spent."""
        amounts = {"limit": self.limit, "spent": self.spent}
        return {**super().to_dict(), **{name: value for name, value in amounts.items() if value is not None}}


class ClientClosedError(ClaifError):
    """The client was closed while the query ran, or before it began."""
