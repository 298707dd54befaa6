"""From a query and the settings to Claude Code's arguments: checked, and never a prompt or a secret."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from claif.api import InvalidQueryError, PermissionMode, Query, flag, identifier, read_extras, uuid_conversation

if TYPE_CHECKING:
    from claif_claude.settings import ClaudeSettings

FIXED = (
    "-p",
    "--output-format=stream-json",
    "--input-format=stream-json",
    "--verbose",
    "--include-partial-messages",
    "--permission-prompt-tool=stdio",
    "--strict-mcp-config",
    "--disallowedTools=AskUserQuestion",
)
"""Both ways as JSON, so that nothing is lost when its output is read slowly; questions of the agent come to us."""

MODES = {
    PermissionMode.ASK: "default",
    PermissionMode.PLAN: "plan",
    PermissionMode.EDIT: "acceptEdits",
    PermissionMode.FULL: "acceptEdits",
}
"""Full is not Claude Code's own bypass, which it refuses to root: what it asks for is allowed by Claif."""


@frozen(kw_only=True)
class Extras:
    """Options of one query that only Claude Code has, as `-o NAME=VALUE`.

    Args:
        max_turns: how often the model may be asked for one answer.
        max_budget: US dollars after which no further turn begins.
        allowed_tools: tools and rules that need no question, beside those of the settings.
        denied_tools: tools that are not offered, beside those of the settings.
        fork: go on with the conversation in a copy of it.
    """

    max_turns: int | None = None
    max_budget: float | None = None
    allowed_tools: tuple[str, ...] = ()
    denied_tools: tuple[str, ...] = ()
    fork: bool = False


def extras_of(query: Query) -> Extras:
    """The options of a query.

    Raises:
        InvalidQueryError: Claude Code has no such option, or the value is not of its kind.
    """
    return read_extras(query.options, Extras, "Claude Code")


def arguments(
    query: Query, settings: ClaudeSettings, mode: PermissionMode, more: Extras, add_dirs: Iterable[Path] = ()
) -> list[str]:
    """What Claude Code is started with.

    Args:
        query: what is asked.
        settings: those of the provider.
        mode: what it may do.
        more: the query's options that only Claude Code has.
        add_dirs: further folders that it works in, absolute.

    Raises:
        InvalidQueryError: a value cannot be an argument.
    """
    found = [
        *FIXED,
        flag("--permission-mode", MODES[mode]),
        flag("--setting-sources", ",".join(settings.setting_sources)),
    ]
    if model := query.model or settings.model:
        found.append(flag("--model", identifier(model, "model")))
    if query.conversation is not None:
        found.append(flag("--resume", uuid_conversation(query.conversation, "Claude Code")))
        if more.fork:
            found.append("--fork-session")
    elif more.fork:
        raise InvalidQueryError("There is no conversation to fork.", hint="Name it with --resume ID.")
    found += [flag("--add-dir", str(folder)) for folder in add_dirs]
    if more.max_turns is not None:
        found.append(flag("--max-turns", str(more.max_turns)))
    if more.max_budget is not None:
        found.append(flag("--max-budget-usd", repr(more.max_budget)))
    found += [flag("--allowedTools", rule) for rule in (*settings.allowed_tools, *more.allowed_tools)]
    found += [flag("--disallowedTools", rule) for rule in (*settings.denied_tools, *more.denied_tools)]
    return found
