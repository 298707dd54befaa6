"""The permission model: one way for all agents to ask, be allowed and be denied."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve

from .models import Decision, PermissionMode, PermissionRequest
from .pipeline.failures import Downstream
from .pipeline.watchdog import unwatched

if TYPE_CHECKING:
    from .models import Query

Verdict = tuple[str, bool | None]
"""Who was asked, and what they say; `None` is no opinion."""

Approver = Callable[[PermissionRequest], Awaitable[Decision]]
"""Asks the user. `Decision(allowed=False, reason=NOBODY)` says that nobody could be asked."""

DENIED = "The user has not allowed this."
NOBODY = "Nobody is there to allow this; ask the user to run it again with another permission mode."
MOST_REMEMBERED = 1000
"""Answers of `always` that are kept at most, the oldest go first."""

_SETTLED = {
    PermissionMode.PLAN: {"read": True} | dict.fromkeys(("edit", "command", "network", "tool", "other"), False),
    PermissionMode.EDIT: {"read": True, "edit": True},
    PermissionMode.ASK: {"read": True},
}
GOVERNING = frozenset({".git", ".claude", ".gemini", ".codex", ".opencode", ".qwen", ".mcp.json", ".envrc", ".vscode"})
"""Files and folders that decide what programs do later: editing them is more than editing."""

_Key = tuple[str, str, str, str, str, str]


def settled(mode: PermissionMode, request: PermissionRequest) -> Decision | None:
    """What the mode itself decides; `None` if somebody has to be asked.

    Args:
        mode: the permission mode of the query.
        request: what the agent wants to do.
    """
    if mode is PermissionMode.FULL:
        return Decision(allowed=True, by="mode")
    known = _SETTLED[mode]
    allowed = known.get(request.kind, known.get("other"))
    if allowed is None or (allowed and request.kind == "edit" and not _is_work(request)):
        return None
    reason = "" if allowed else f"The permission mode {mode} does not allow it."
    return Decision(allowed=allowed, by="mode", reason=reason)


def can_last(request: PermissionRequest) -> bool:
    """Whether `always` can mean anything: there is a conversation it ends with, and something exact it is about."""
    return bool(request.conversation and request.subject)


class Approvals:
    """Decides requests of agents, and remembers what the user has allowed for the rest of a conversation.

    1. The mode decides what it settles.
    2. Plugins are asked; the first that denies, or else one that allows, decides.
    3. What the user has always allowed, this very tool and subject in this conversation and directory, is allowed.
    4. The user is asked if somebody can be; else it is denied. The limits of the attempt stand still meanwhile.

    Args:
        approver: asks the user; `None` if nobody can be asked.
    """

    def __init__(self, approver: Approver | None = None) -> None:
        self.approver = approver
        self._always: dict[_Key, None] = {}

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
        request = evolve(request, conversation=request.conversation or query.conversation)
        lasts, key = can_last(request), _key(request)
        if lasts and key in self._always:
            return Decision(allowed=True, by="always")
        if self.approver is None:
            return Decision(allowed=False, reason=NOBODY)
        answer = await _ask(self.approver, request)
        always = answer.allowed and answer.always and lasts
        if always:
            self._remember(key)
        by = "user" if answer.by == "nobody" and answer.reason != NOBODY else answer.by
        return evolve(answer, always=always, by=by, reason="" if answer.allowed else answer.reason or DENIED)

    def _remember(self, key: _Key) -> None:
        self._always[key] = None
        if len(self._always) > MOST_REMEMBERED:
            del self._always[next(iter(self._always))]


async def _ask(approver: Approver, request: PermissionRequest) -> Decision:
    """What the approver answers; what it does wrong is the caller's own mistake, and no failure of the provider."""
    try:
        with unwatched():
            answer: object = await approver(request)
    except Exception as error:
        raise Downstream(error) from error
    if not isinstance(answer, Decision):
        raise Downstream(TypeError(f"the approver returned {type(answer).__name__}, not Decision"))
    return answer


def _is_work(request: PermissionRequest) -> bool:
    """Whether it is about a file in the working directory or a further folder, links followed, that governs nothing."""
    if not (request.directory and request.subject):
        return False
    try:
        roots = [Path(folder).resolve() for folder in (request.directory, *request.add_dirs)]
        path = (roots[0] / request.subject).resolve()
    except (OSError, RuntimeError, ValueError):  # a loop of links, a name that is too long, a NUL
        return False
    # Of folders in one another the outer one decides, so that a name above the inner one counts too.
    root = min((root for root in roots if path != root and path.is_relative_to(root)), default=None, key=_depth)
    if root is None:
        return False
    parts = [part.casefold() for part in path.relative_to(root).parts]
    return GOVERNING.isdisjoint(parts) and not parts[-1].startswith(".env")


def _depth(path: Path) -> int:
    return len(path.parts)


def _of_plugins(verdicts: Iterable[Verdict]) -> Decision | None:
    allowing: str | None = None
    for plugin, allowed in verdicts:
        if allowed is False:
            return Decision(allowed=False, by=plugin, reason=f"The plugin {plugin} does not allow it.")
        if allowed and allowing is None:
            allowing = plugin
    return None if allowing is None else Decision(allowed=True, by=allowing)


def _key(request: PermissionRequest) -> _Key:
    conversation = request.conversation or ""
    return request.provider, conversation, request.directory, request.tool_name, request.kind, request.subject
