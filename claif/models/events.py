"""Events: what a provider emits while it answers. A complete `Message` is an event too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

from .blocks import ToolResultBlock, ToolUseBlock
from .message import Message
from .permission import Decision, PermissionRequest
from .usage import Usage


@frozen
class Started:
    """The answer begins.

    Args:
        provider: name of the provider.
        model: the model, as the provider names it.
        id: the provider's id of the answer.
        conversation: the agent's id of the conversation, to go on with it later.
        sandbox: what confines the agent: `bubblewrap`, `landlock`, `group` or `environment`; see the sandbox's levels.
    """

    provider: str
    model: str | None = None
    id: str | None = None
    conversation: str | None = None
    sandbox: str | None = None


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
class FileChange:
    """An agent has changed a file.

    Args:
        path: the file, as the agent names it.
        kind: `add`, `update`, `delete` or `move`.
        diff: the change as a unified diff, or the new text; empty if the agent does not tell.
    """

    path: str
    kind: str = "update"
    diff: str = ""


@frozen
class Diff:
    """What an agent has changed in the worktree of a query, told once when it has ended.

    Args:
        text: a unified diff as `git apply` takes it, relative to the top of the repository; empty if nothing changed.
    """

    text: str


@frozen
class PlanStep:
    """One step of an agent's plan; `status` is `pending`, `in_progress` or `completed`."""

    text: str
    status: str = "pending"


def _steps(steps: Iterable[PlanStep]) -> tuple[PlanStep, ...]:
    return tuple(steps)


@frozen
class Plan:
    """The agent's plan as it is now; it replaces the one before."""

    steps: tuple[PlanStep, ...] = field(converter=_steps)


@frozen
class PermissionDecided:
    """What an agent asked for, and what was decided."""

    request: PermissionRequest
    decision: Decision


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
    | FileChange
    | Diff
    | Plan
    | PermissionDecided
    | Notice
    | UsageReport
    | Message
    | Finished
    | UnknownEvent
)
