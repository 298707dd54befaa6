"""Events: what a provider emits while it answers. A complete `Message` is an event too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from .blocks import ToolResultBlock, ToolUseBlock
from .message import Message
from .usage import Usage


@frozen
class Started:
    """The answer begins; `id` is the provider's id of it."""

    provider: str
    model: str | None = None
    id: str | None = None


@frozen
class TextDelta:
    """A piece of the answer's text."""

    text: str


@frozen
class ThinkingDelta:
    """A piece of what the model thinks."""

    text: str


@frozen
class TextReset:
    """The deltas since the last complete message are withdrawn: the provider starts over."""

    reason: str = ""


@frozen
class ToolUse:
    """The model wants to call, or calls, a tool."""

    block: ToolUseBlock


@frozen
class ToolResult:
    """A tool has answered."""

    block: ToolResultBlock


@frozen
class Notice:
    """Something that the user may want to know: a retry, a fallback, a warning."""

    kind: str
    text: str
    data: Mapping[str, Any] = field(factory=dict)


@frozen
class UsageReport:
    """What was consumed so far; the last report of an answer is the total."""

    usage: Usage


@frozen
class Finished:
    """The answer is complete; `reason` is `stop`, `length`, `tool_use`, `content_filter` or the provider's own word."""

    reason: str = "stop"


@frozen
class UnknownEvent:
    """An event of a kind that this version does not know, kept as the JSON object that it came as."""

    raw: Mapping[str, Any]


Event = (
    Started
    | TextDelta
    | ThinkingDelta
    | TextReset
    | ToolUse
    | ToolResult
    | Notice
    | UsageReport
    | Message
    | Finished
    | UnknownEvent
)
