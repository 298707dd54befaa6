"""What may be kept, and when it may be used again; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from ..models import (
    Diff,
    Event,
    FileBlock,
    FileChange,
    Finished,
    ImageBlock,
    Message,
    Notice,
    PermissionDecided,
    Plan,
    TextBlock,
    TextDelta,
    TextReset,
    ThinkingBlock,
    ToolResult,
    ToolUse,
    UnknownEvent,
)

if TYPE_CHECKING:
    from ..config.cache_schema import CacheSettings
    from ..models import Query

READS = frozenset({"read-write", "read-only"})
WRITES = frozenset({"read-write", "refresh"})

PASSING = frozenset({"limit", "budget", "retry", "fallback", "wait", "hedge", "breaker", "download"})
"""Kinds of notices that tell of the moment and not of the answer; they are not kept."""

_ACTED = (ToolUse, ToolResult, FileChange, PermissionDecided, Diff, Plan)


def mode_of(query: Query, route: str | None, settings: CacheSettings) -> str:
    """The mode of the cache for a query: what it says itself, else its route, else the configuration."""
    return query.cache or route or settings.mode


def lacks(query: Query, capabilities: Collection[str]) -> str | None:
    """Why answers of such a provider to such a query are never kept; `None` if they may be."""
    if "agent" in capabilities:
        return "agents act, and what they see changes"
    if query.conversation is not None:
        return "it goes on with a conversation"
    for message in query.messages:
        for block in message.content:
            if isinstance(block, ImageBlock | FileBlock) and block.url is not None:
                return "what is behind a URL may change"
    return None


def is_sampled(query: Query, *, greedy: bool) -> bool:
    """Whether the answer would be another one each time.

    Args:
        query: the question, with the provider's own options in it.
        greedy: whether the provider takes the most likely answer unless it is told otherwise.
    """
    options = query.options
    if options.seed is not None:
        return False
    return not greedy if options.temperature is None else options.temperature > 0


def worth_keeping(events: Iterable[Event]) -> str | None:
    """Why an answer is not kept: it did not come to its end, or more happened than that it was given.

    Args:
        events: all events of the answer, in order.

    Returns:
        The reason; `None` if it may be kept.
    """
    finished: str | None = "stop"  # as `assemble` would add it
    text = False
    for event in events:
        kind = event.__class__
        if kind is TextDelta:
            text = True
        elif isinstance(event, _ACTED):
            return "tools were used"
        elif kind is TextReset or kind is UnknownEvent:
            return "it has events that may not be repeated"
        elif isinstance(event, Message):
            if not all(isinstance(block, TextBlock | ThinkingBlock) for block in event.content):
                return "it has more than text"
            text = text or bool(event.text)
        elif isinstance(event, Finished):
            finished = event.reason
    if finished != "stop":
        return f"it ended by {finished}"
    return None if text else "it is empty"


def lasting(events: Iterable[tuple[float, Event]]) -> list[tuple[float, Event]]:
    """The events that belong to the answer."""
    return [(at, event) for at, event in events if not (event.__class__ is Notice and event.kind in PASSING)]
