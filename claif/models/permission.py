"""Permission: what an agent may do, what it asks for, and what was decided."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen


class PermissionMode(StrEnum):
    """What an agent may do without being told so for each case.

    `ask` asks before anything that changes or leaves the machine; `plan` only reads and plans; `edit` also changes
    files in the working directory, and asks for the rest; `full` does everything that the sandbox allows.
    """

    ASK = "ask"
    PLAN = "plan"
    EDIT = "edit"
    FULL = "full"


@frozen
class PermissionRequest:
    """An agent wants to do something that its permission mode does not settle.

    Args:
        id: the agent's id of what it wants to do, often that of a tool use.
        tool_name: the tool, as the agent calls it.
        kind: `command`, `edit`, `read`, `network`, `tool` (one of an MCP server) or `other`.
        subject: exactly what it is about: the command line, the path or the address.
        detail: what else helps to decide, for people: a reason, the lines of a new file.
        diff: the change of a file as a unified diff, if it is known.
        directory: the working directory.
        add_dirs: further folders that count like the working directory.
        provider: name of the provider that asks.
        conversation: the agent's id of the conversation.
    """

    id: str
    tool_name: str
    kind: str = "other"
    subject: str = ""
    detail: str = ""
    diff: str = ""
    directory: str = ""
    add_dirs: tuple[str, ...] = ()
    provider: str = ""
    conversation: str | None = None


@frozen
class Decision:
    """The answer to a `PermissionRequest`.

    Args:
        allowed: whether it may be done.
        by: who decided: `mode`, `user`, `always` (the user, earlier), a plugin's name, or `nobody` where nobody could
            be asked.
        always: whether it holds for this very tool and subject until the conversation ends; it is never stored.
        reason: what the agent is told when it may not.
    """

    allowed: bool
    by: str = "nobody"
    always: bool = False
    reason: str = ""
