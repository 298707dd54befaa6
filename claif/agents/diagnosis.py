"""What `claif doctor` tells about the program of an agent."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import trio

from ..errors import InstallError
from ..finding import Finding
from .ask_version import ask_version

PATIENCE = 15.0
"""Seconds that a program has to tell its version."""


def check_program(program: Path, interpreter: Path | None, environ: Mapping[str, str]) -> Finding:
    """Where the program of an agent is, and its version.

    Args:
        program: its absolute path.
        interpreter: what runs it, if it is a script.
        environ: the environment, of which it gets only what every program needs.
    """
    # The doctor has a trio of its own.
    with ThreadPoolExecutor(1) as thread:
        asked = thread.submit(
            trio.run, partial(ask_version, program, environ, interpreter=interpreter, timeout=PATIENCE)
        )
    try:
        return Finding("program", "ok", f"version {asked.result()}, {program}")
    except InstallError as error:
        return Finding("program", "fail", error.message, error.hint or "Install it anew; see `claif install`.")
