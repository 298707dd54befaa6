"""Node.js and npm: which are here, of what version, and whether they will do."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import frozen

from ..children import run_child
from ..errors import DependencyError
from ..transport.process.find import find_program

TIMEOUT = 20.0
"""Seconds that Node.js may take to say its version."""
LEAST_NPM = 7
"""The first major version that reads the lock files that Claif writes."""
_QUESTION = "JSON.stringify([process.versions.node, process.execPath])"
_BESIDE = ("../lib/node_modules/npm", "node_modules/npm", "lib/node_modules/npm")
"""Where npm is, seen from the folder of Node.js: on Unix, on Windows, and in the wheel for Windows."""


@frozen
class Node:
    """A Node.js and the npm that belongs to it.

    Args:
        program: the absolute path of `node`.
        version: its version.
        npm: the script that is npm, which Node.js runs: the program `npm` may be a script of a shell. `None` if none.
        npm_version: the version of npm.
    """

    program: Path
    version: str
    npm: Path | None = None
    npm_version: str = ""

    def will_do(self, least: int) -> bool:
        """Whether packages can be installed with it that need this major version."""
        return self.npm is not None and _major(self.version) >= least and _major(self.npm_version) >= LEAST_NPM


async def find_node(environ: Mapping[str, str]) -> Node | None:
    """The Node.js on PATH, with the npm on PATH or its own; `None` if there is none that can be run."""
    program = _on_path("node", environ)
    return None if program is None else await look_at_node(program, environ, npm=_on_path("npm", environ))


async def look_at_node(program: Path, environ: Mapping[str, str], *, npm: Path | None = None) -> Node | None:
    """What a Node.js is; `None` if it cannot be run.

    Args:
        program: its absolute path; a wrapper of it will do.
        environ: its variables.
        npm: the program npm that belongs to it, if it is not beside it.
    """
    try:
        ended = await run_child([str(program), "-p", _QUESTION], timeout=TIMEOUT, environ=environ)
        version, real = json.loads(ended.out) if ended.code == 0 else ("", "")
    except (OSError, ValueError):
        return None
    if not (isinstance(version, str) and isinstance(real, str) and os.path.isabs(real)):
        return None
    for script in _scripts(Path(real), npm):
        if found := _version_of(script):
            return Node(program, version, script, found)
    return Node(program, version)


def _on_path(name: str, environ: Mapping[str, str]) -> Path | None:
    try:
        return find_program(name, configured=None, environ=environ)
    except DependencyError:
        return None


def _scripts(real: Path, npm: Path | None) -> Iterator[Path]:
    if npm is not None and (target := Path(os.path.realpath(npm))).name == "npm-cli.js":
        yield target
    for place in _BESIDE:
        yield Path(os.path.normpath(real.parent / place / "bin" / "npm-cli.js"))


def _version_of(script: Path) -> str:
    """The version of the npm that has this script; empty if it is none."""
    try:
        data = json.loads((script.parent.parent / "package.json").read_bytes())
        return str(data["version"]) if data["name"] == "npm" and script.is_file() else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _major(version: str) -> int:
    match = re.match(r"[0-9]{1,6}", version)
    return int(match[0]) if match else -1
