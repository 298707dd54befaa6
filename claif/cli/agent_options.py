"""The options of `claif query` that agents heed: what they may do, where, and in which conversation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from .complete.values import values

F = TypeVar("F", bound=Callable[..., Any])

AGENTS = """
\b
Agents:
  Providers such as claude and codex work in a directory and use tools there.
  --permission says what they may do without being allowed it each time:
    ask   read files; everything else is asked for
    plan  read files and make a plan; everything else is denied
    edit  also change files in the directory; everything else is asked for
    full  whatever the sandbox allows; nothing is asked for
  Questions come to the terminal, also when input and output are piped: y allows
  this once, n or Enter denies it, a allows this very command or file until the
  conversation ends. Without a terminal they are denied.
  -v tells the id of the conversation and what confined the agent.
  With --worktree the agent works in a checkout of its own, which has what is
  tracked by Git as it is now, and several can do the same task side by side.
  What they changed is a diff: applied with --apply, else kept in a file, and
  in the output of --json.
"""

_OPTIONS = (
    click.option(
        "--permission",
        type=click.Choice(["ask", "plan", "edit", "full"]),
        help="What an agent may do, see below; else as its setting `permission` says.",
    ),
    click.option(
        "--directory",
        metavar="DIR",
        shell_complete=values("directories"),
        help="Where an agent works; else as its setting `directory` says, or the current directory.",
    ),
    click.option(
        "--add-dir",
        "add_dirs",
        metavar="DIR",
        multiple=True,
        shell_complete=values("directories"),
        help="A further folder that an agent may read and, where it may write at all, write. Repeatable.",
    ),
    click.option(
        "--worktree",
        is_flag=True,
        help="Have an agent work in a throw-away checkout of the directory's Git repository.",
    ),
    click.option(
        "--apply",
        "apply",
        is_flag=True,
        help="Apply what was changed in the worktree to the directory once the answer is complete.",
    ),
    click.option(
        "--resume",
        metavar="ID",
        shell_complete=values("conversations"),
        help="Go on with this conversation of an agent.",
    ),
    click.option(
        "--continue",
        "follow",
        is_flag=True,
        help="Go on with the last conversation with this agent in this directory.",
    ),
    click.option(
        "--sandbox",
        type=click.Choice(["auto", "require", "off"]),
        help="How an agent is confined: as well as this machine can (auto), or else not run at all (require), or only "
        "by a small environment (off).",
    ),
)


def agent_options(command: F) -> F:
    """Give a command these options."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def conversation_of(resume: str | None, follow: bool) -> str | None:
    """The conversation that `--resume` names.

    Raises:
        InvalidQueryError: it cannot be one.
        UsageError: `--continue` was given too.
    """
    if resume is None:
        return None
    if follow:
        raise click.UsageError("--resume names a conversation, and --continue takes the last one: give one of them.")
    from ..agents.conversations import conversation_id

    return conversation_id(resume)
