"""Scripts for Node.js: agents that are no programs of their own, and what runs them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ..errors import AgentNotInstalledError, DependencyError
from ..transport.process.find import find_program
from .programs import installed_program

_FIRST_LINE = 256
"""Bytes of a script that systems read for its interpreter."""
_SUFFIXES = (".js", ".mjs", ".cjs")


def script_interpreter(program: Path, home: Path, environ: Mapping[str, str]) -> Path | None:
    """The absolute path of the Node.js that runs a program; `None` if it is no script for Node.js.

    It is Claif's own, where `claif install` has brought one, else the one on PATH. A child may have another PATH, in
    which the script's own first line finds none, or another one.

    Args:
        program: its absolute path.
        home: Claif's own folder.
        environ: where PATH is.

    Raises:
        AgentNotInstalledError: it is a script for Node.js, and there is none.
    """
    if not is_script(program):
        return None
    own = installed_program(home, "node")
    try:
        return find_program("node", configured=None, places=[own] if own is not None else [], environ=environ)
    except DependencyError:
        message = f"Node.js, which runs {program.name}, is not installed."
        raise AgentNotInstalledError(message, agent="node") from None


def is_script(program: Path) -> bool:
    """Whether Node.js runs a program, as its name or its first line says."""
    if os.path.realpath(program).endswith(_SUFFIXES):
        return True
    try:
        with program.open("rb") as file:
            line = file.read(_FIRST_LINE).split(b"\n", 1)[0]
    except OSError:
        return False
    words = os.fsdecode(line[2:]).split() if line.startswith(b"#!") else []
    return any(os.path.basename(word) in ("node", "nodejs") for word in words[:3])
