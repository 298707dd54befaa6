"""The permission model: one way for all agents to ask, be allowed and be denied."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve

from .models import Decision, PermissionMode, PermissionRequest

if TYPE_CHECKING:
    from .models import Query

Verdict = tuple[str, bool | None]
"""Who was asked, and what they say; `None` is no opinion."""

Approver = Callable[[PermissionRequest], Awaitable[Decision]]
"""Asks the user."""

DENIED = "The user has not allowed this."
NOBODY = "Nobody is there to allow this; ask the user to run it again with another permission mode."
MOST_REMEMBERED = 1000
"""Answers of `always` that are kept at most, the oldest go first."""

_SETTLED = {
    PermissionMode.PLAN: {"read": True} | dict.fromkeys(("edit", "command", "network", "tool", "other"), False),
    PermissionMode.EDIT: {"read": True, "edit": True},
    PermissionMode.ASK: {"read": True},
}


def settled(mode: PermissionMode, request: PermissionRequest) -> Decision | None:
    """What the mode itself decides; `None` if somebody has to be asked.

    Args:
        mode: the permission mode of the query.
        request: what the agent wants to do.
    """
    if mode is PermissionMode.FULL:
        return Decision(allowed=True, by="mode")
    allowed = _SETTLED[mode].get(request.kind)
    if allowed is None or (allowed and request.kind == "edit" and not _is_inside(request)):
        return None
    reason = "" if allowed else f"The permission mode {mode} does not allow it."
    return Decision(allowed=allowed, by="mode", reason=reason)


class Approvals:
    """Decides requests of agents, and remembers what the user has allowed for the rest of a conversation.

    1. The mode decides what it settles.
    2. Plugins are asked; the first that denies, or else one that allows, decides.
    3. What the user has always allowed, this very tool and subject in this conversation, is allowed.
    4. The user is asked if somebody can be; else it is denied.

    Args:
        approver: asks the user; `None` if nobody can be asked.
    """

    def __init__(self, approver: Approver | None = None) -> None:
        self.approver = approver
        self._always: dict[tuple[str, str, str, str, str], None] = {}

    async def decide(
        self, request: PermissionRequest, query: Query, mode: PermissionMode, verdicts: Callable[[], Iterable[Verdict]]
    ) -> Decision:
        """Decide a request.

        Args:
            request: what the agent wants to do.
            query: the query that it works for.
            mode: the permission mode of the query.
            verdicts: asks the plugins, one after the other.
        """
        found = settled(mode, request) or _of_plugins(verdicts())
        if found is not None:
            return found
        key = _key(request, query)
        if key in self._always:
            return Decision(allowed=True, by="always")
        if self.approver is None:
            return Decision(allowed=False, reason=NOBODY)
        answer = await self.approver(request)
        if answer.allowed and answer.always:
            self._remember(key)
        return answer if answer.allowed or answer.reason else evolve(answer, reason=DENIED)

    def _remember(self, key: tuple[str, str, str, str, str]) -> None:
        self._always[key] = None
        if len(self._always) > MOST_REMEMBERED:
            del self._always[next(iter(self._always))]


def _is_inside(request: PermissionRequest) -> bool:
    """Whether a file is in the working directory, links followed."""
    if not (request.directory and request.subject):
        return False
    root = Path(request.directory).resolve()
    return (root / request.subject).resolve().is_relative_to(root)


def _of_plugins(verdicts: Iterable[Verdict]) -> Decision | None:
    allowing: str | None = None
    for plugin, allowed in verdicts:
        if allowed is False:
            return Decision(allowed=False, by=plugin, reason=f"The plugin {plugin} does not allow it.")
        if allowed and allowing is None:
            allowing = plugin
    return None if allowing is None else Decision(allowed=True, by=allowing)


def _key(request: PermissionRequest, query: Query) -> tuple[str, str, str, str, str]:
    conversation = request.conversation or query.conversation or ""
    return request.provider, conversation, request.tool_name, request.kind, request.subject
