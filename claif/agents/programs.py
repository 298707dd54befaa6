"""Programs of agents: where one is, be it Claif's own installation or the user's."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from attrs import frozen

from ..config.files import read_text
from ..errors import AgentNotInstalledError, ConfigurationError, DependencyError
from ..transport.process.find import find_program

RECORD = "installed.json"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@frozen(kw_only=True)
class Installed:
    """A program that Claif has installed.

    Args:
        version: its version.
        way: how it came, `npm` or `wheel`.
        source: the package and its version, or the file, that it was taken from.
        integrity: the fingerprint that the source had; empty if it had to be believed.
        folder: name of the folder beside the record that has it.
        program: its path in that folder, with slashes.
        size: bytes of the program, by which a damaged one is known.
    """

    version: str
    way: str
    source: str
    integrity: str
    folder: str
    program: str
    size: int


def programs_folder(home: Path) -> Path:
    """Where Claif's own installations are.

    Args:
        home: Claif's own folder.
    """
    return home / "programs"


def read_record(home: Path, name: str) -> Installed | None:
    """What the record of an installation says; `None` if there is none that can be trusted.

    Args:
        home: Claif's own folder.
        name: the program's.
    """
    if not _NAME.fullmatch(name):
        return None
    try:
        file = read_text(programs_folder(home) / name / RECORD, private=True)
        return None if file is None else _parse(json.loads(file.text))
    except (ConfigurationError, OSError, ValueError, RecursionError):
        return None


def _parse(data: Any) -> Installed | None:
    kinds = {"size": int}
    fields = Installed.__annotations__
    if not isinstance(data, dict) or not all(isinstance(data.get(key), kinds.get(key, str)) for key in fields):
        return None
    record = Installed(**{key: data[key] for key in fields})
    path = PurePosixPath(record.folder, record.program)
    if path.is_absolute() or ".." in path.parts or "\\" in str(path) or "/" in record.folder or not record.folder:
        return None
    return record


def installed_program(home: Path, name: str) -> Path | None:
    """The absolute path of a program that Claif has installed; `None` if it has not, or if it is damaged.

    Args:
        home: Claif's own folder.
        name: the program, as `claif install` knows it.
    """
    record = read_record(home, name)
    if record is None:
        return None
    path = (programs_folder(home) / name / record.folder / record.program).absolute()
    try:
        return path if path.stat().st_size == record.size else None
    except OSError:
        return None


def agent_program(
    agent: str, *, configured: str | None, home: Path, environ: Mapping[str, str], executable: str | None = None
) -> Path:
    """The program of an agent: the configured one, else Claif's own installation, else the first on PATH.

    Args:
        agent: its name, as `claif install` knows it.
        configured: what the user's configuration says.
        home: Claif's own folder.
        environ: where PATH is.
        executable: how the program is called on PATH; like the agent when not given.

    Raises:
        AgentNotInstalledError: it is nowhere.
        DependencyError: the configured one cannot be used.
    """
    own = installed_program(home, agent)
    try:
        return find_program(
            executable or agent, configured=configured, places=[own] if own is not None else [], environ=environ
        )
    except DependencyError as error:
        if configured is not None:
            raise
        raise AgentNotInstalledError(error.message, agent=agent) from None
