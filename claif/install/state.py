"""What is known about each program on this machine: installed by whom, of which version, with which login."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import trio
from attrs import field, frozen

from ..agents.ask_version import ask_version
from ..agents.programs import installed_program, read_record
from ..agents.scripts import script_interpreter
from ..errors import DependencyError, InstallError
from ..transport.process.find import find_program
from .login import Login, find_login
from .nodes import find_node
from .plan import Way, ways

if TYPE_CHECKING:
    from ..config import Config
    from .program import Program

PATIENCE = 15.0
"""Seconds that a program has to tell its version."""

By = Literal["claif", "configuration", "path", ""]


@frozen(kw_only=True)
class State:
    """A program on this machine.

    Args:
        program: which.
        by: who installed the one that queries use: Claif, the user's configuration names it, it is on PATH; or nobody.
        version: its version.
        path: where it is.
        problem: why it cannot be used.
        login: what login it has.
        way: how `claif install` would install it now; `None` if Claif's own is as it would be.
        obstacle: why it cannot be installed here.
    """

    program: Program
    by: By = ""
    version: str = ""
    path: Path | None = None
    problem: str = ""
    login: Login = field(factory=Login)
    way: Way | None = None
    obstacle: str = ""


async def look(
    programs: Sequence[Program], config: Config, environ: Mapping[str, str], *, machine: str, user: Path
) -> list[State]:
    """Look at programs, all at the same time. Nothing is sent, and no login is used.

    Args:
        programs: which.
        config: Claif's configuration.
        environ: the environment.
        machine: this machine.
        user: the user's home.
    """
    found: dict[str, State] = {}
    node = await find_node(environ)

    async def one(program: Program) -> None:
        way, obstacle = None, ""
        try:
            way = ways(program, machine, node)[0]
        except DependencyError as error:
            obstacle = error.message
        record = read_record(config.home, program.name)
        own = installed_program(config.home, program.name)
        if record is not None and own is not None and way is not None and record.version == way.version:
            way = None
        by, path, problem = _find(program, config, environ, own)
        version = record.version if by == "claif" and record is not None else ""
        if by in {"configuration", "path"} and path is not None:
            try:
                interpreter = script_interpreter(path, config.home, environ)
                version = await ask_version(path, environ, interpreter=interpreter, timeout=PATIENCE)
            except (DependencyError, InstallError) as error:
                problem = error.message
        login = find_login(program, environ, user, configured=configured_key(program.name, config))
        found[program.name] = State(
            program=program,
            by=by,
            version=version,
            path=path,
            problem=problem,
            login=login,
            way=way,
            obstacle=obstacle,
        )

    async with trio.open_nursery() as nursery:
        for program in programs:
            nursery.start_soon(one, program)
    return [found[program.name] for program in programs]


def _find(
    program: Program, config: Config, environ: Mapping[str, str], own: Path | None
) -> tuple[By, Path | None, str]:
    """Which of the programs of this name queries use, as `agent_program` finds it; and what is wrong with it."""
    configured = config.providers.get(program.name, {}).get("path")
    if isinstance(configured, str):
        try:
            return "configuration", find_program(program.executable, configured=configured, environ=environ), ""
        except DependencyError as error:
            return "configuration", None, error.message
    if own is not None:
        return "claif", own, ""
    try:
        return "path", find_program(program.executable, configured=None, environ=environ), ""
    except DependencyError:
        return "", None, ""


def configured_key(name: str, config: Config) -> str:
    """Where Claif's configuration has a key for a provider; empty if nowhere."""
    if "api_key" in config.providers.get(name, {}):
        return f"providers.{name}.api_key"
    return "Claif's stored key" if name in config.stored_keys() else ""
