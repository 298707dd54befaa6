"""What `claif doctor` tells about the program of an agent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import trio

from ..errors import DependencyError, InstallError
from ..finding import Finding
from .ask_version import ask_version
from .programs import agent_program

PATIENCE = 15.0
"""Seconds that a program has to tell its version."""


def check_program(agent: str, configured: str | None, home: Path, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Where the program of an agent is, and its version; the state of the provider tells if there is none.

    Args:
        agent: its name, as `claif install` knows it.
        configured: the path that the user's configuration has.
        home: Claif's own folder.
        environ: where PATH is.
    """
    try:
        program = agent_program(agent, configured=configured, home=home, environ=environ)
    except DependencyError:
        return
    # The doctor has a trio of its own.
    with ThreadPoolExecutor(1) as thread:
        asked = thread.submit(trio.run, partial(ask_version, program, environ, timeout=PATIENCE))
    try:
        yield Finding("program", "ok", f"version {asked.result()}, {program}")
    except InstallError as error:
        yield Finding("program", "fail", error.message, error.hint or f"Install it anew: claif install {agent}")
