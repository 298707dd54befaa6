"""The agents that Claif can install; a new one is one more row."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from ..errors import InstallError
from .claude import CLAUDE
from .codex import CODEX
from .gemini import GEMINI
from .nodejs import NODE
from .opencode import OPENCODE
from .qwen import QWEN

if TYPE_CHECKING:
    from .program import Program

AGENTS = (CLAUDE, CODEX, GEMINI, QWEN, OPENCODE)
"""What `--all` means."""
PROGRAMS = {program.name: program for program in (*AGENTS, NODE)}


def find(name: str) -> Program:
    """What has this name.

    Raises:
        InstallError: nothing has; the nearest name is offered.
    """
    found = PROGRAMS.get(name)
    if found is None:
        near = get_close_matches(name.lower(), PROGRAMS, n=1)
        hint = f"Did you mean `{near[0]}`?" if near else f"There is {', '.join(PROGRAMS)}."
        raise InstallError(f"Claif does not know how to install {name!r}.", hint=hint)
    return found
