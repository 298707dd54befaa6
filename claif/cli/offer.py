"""Offers to install an agent's command line when a query finds that it is not there."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import click

from ..errors import AgentNotInstalledError
from .stdin import is_terminal as nothing_is_piped_in
from .style import is_terminal


def with_offer(ask: Callable[[], int], *, interactive: bool) -> int:
    """Ask; if an agent is not installed, and a person can answer, offer to install it, and ask again.

    Args:
        ask: asks, and gives the exit code.
        interactive: whether the answer is for a person.

    Raises:
        AgentNotInstalledError: it is not installed, and not wanted.
        ClaifError: what asking or installing failed with.
    """
    try:
        return ask()
    except AgentNotInstalledError as error:
        if not (interactive and _can_offer() and _is_wanted(error)):
            raise
    return ask()


def _can_offer() -> bool:
    from ..downloads.wheels import is_offline

    return nothing_is_piped_in() and is_terminal(sys.stderr) and not is_offline(os.environ)


def _is_wanted(error: AgentNotInstalledError) -> bool:
    """Whether the user wishes to have it; then it is installed."""
    from ..install.catalog import PROGRAMS

    program = PROGRAMS.get(error.agent)
    if program is None:
        return False
    from .install_work import install_one, plan_one, tell

    plan = plan_one(program)
    question = (
        f"{program.title} is not installed. Install {plan['version']} into Claif's folder (about "
        f"{plan['megabytes']} MB)?"
    )
    if not click.confirm(question, default=False, err=True):
        return False
    # The path is not printed: standard output is for the answer.
    tell(program, install_one(program))
    return True
