"""Replies: the whole answer to a query, and what is known about how it came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from .events import Event, Notice
from .message import Message, Role
from .usage import Usage


@frozen
class Timings:
    """Seconds since the query was given: until the first content arrived, and until the end."""

    first: float | None = None
    total: float | None = None


@frozen
class Attempt:
    """One time that a provider was asked.

    Args:
        provider: its name.
        model: the model that it was asked for, if one was named.
        seconds: how long it took.
        error: the class of the error that it ended with; `None` if it answered.
        message: what the error said, without secrets.
    """

    provider: str | None
    model: str | None = None
    seconds: float = 0.0
    error: str | None = None
    message: str | None = None


@frozen
class CacheHit:
    """Where an answer that was given before came from.

    Args:
        key: what it is kept under, 64 hexadecimal digits; see `claif cache show KEY`.
        age: seconds since it was stored.
        store: name of the store.
    """

    key: str
    age: float
    store: str


@frozen
class Reply:
    """The whole answer.

    Args:
        messages: every complete message of the answer, in order.
        provider: name of the provider that answered.
        model: the model that answered, as the provider names it.
        id: the provider's id of the answer.
        query_id: what marks the records of this query in the log; an error has the same.
        conversation: the agent's id of the conversation, to go on with it later.
        sandbox: what confined the agent, see `Started`.
        finish_reason: why it ended, see `Finished`.
        usage: tokens consumed.
        timings: how long it took.
        attempts: each time that a provider was asked, in order; the last one answered.
        activity: the events of what was done with tools, in order: tools, file changes, plans and permissions.
        diff: what was changed in the worktree of the query, see `Diff`; `None` if it had none.
        notices: what happened on the way.
        cached: where it came from if it was given before; `None` if it is new. `usage` is what it took then.
        metadata: JSON data attached by layers.
    """

    messages: tuple[Message, ...] = ()
    provider: str | None = None
    model: str | None = None
    id: str | None = None
    query_id: str | None = None
    conversation: str | None = None
    sandbox: str | None = None
    finish_reason: str | None = None
    usage: Usage = field(factory=Usage)
    timings: Timings = field(factory=Timings)
    attempts: tuple[Attempt, ...] = ()
    activity: tuple[Event, ...] = ()
    diff: str | None = None
    notices: tuple[Notice, ...] = ()
    cached: CacheHit | None = None
    metadata: Mapping[str, Any] = field(factory=dict)

    @property
    def cost(self) -> float | None:
        """US dollars that this answer cost; 0 if it was cached, `None` if nobody knows."""
        return 0.0 if self.cached is not None else self.usage.cost

    @property
    def text(self) -> str:
        """The text of the assistant's messages, joined by blank lines."""
        texts = [message.text for message in self.messages if message.role is Role.ASSISTANT]
        return "\n\n".join([text for text in texts if text])

    @property
    def message(self) -> Message | None:
        """The last message of the assistant."""
        for message in reversed(self.messages):
            if message.role is Role.ASSISTANT:
                return message
        return None


@frozen
class ModelInfo:
    """A model that a provider offers; `context` is its window in tokens, `size` that of its file in bytes."""

    id: str
    provider: str
    context: int | None = None
    size: int | None = None
    installed: bool | None = None
    metadata: Mapping[str, Any] = field(factory=dict)
