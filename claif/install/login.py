"""Whether a program has a login, as far as files and variables tell; nothing is run, sent or shown."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from .program import LoginFile, Program

MOST_BYTES = 64 * 1024 * 1024
"""Of a file that is looked into; some hold a history beside the login."""


class Login(NamedTuple):
    """A login: what kind it is, `none` if there is none, and where it was found."""

    state: Literal["login", "key", "none"] = "none"
    where: str = ""


def find_login(program: Program, environ: Mapping[str, str], user: Path, *, configured: str = "") -> Login:
    """The login that the program would use.

    Args:
        program: the program.
        environ: the environment that it would have.
        user: the user's home.
        configured: where Claif's own configuration has a key for it, if it has.
    """
    if configured:
        return Login("key", configured)
    for variable in program.key_variables:
        if environ.get(variable):
            return Login("key", f"${variable}")
    for file in program.login_files:
        path = _path(file, environ, user)
        if sys.platform in (file.systems or (sys.platform,)) and _has_login(path, file.keys):
            return Login("login", str(path))
    return Login()


def _path(file: LoginFile, environ: Mapping[str, str], user: Path) -> Path:
    path = user / file.path.removeprefix("~/")
    moved = environ.get(file.variable) if file.variable else None
    return Path(moved, file.inside, path.name) if moved else path


def _has_login(path: Path, keys: tuple[str, ...]) -> bool:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size > MOST_BYTES:
                return False
            data = json.loads(file.read(MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return False
    return any(_value(data, key) for key in keys) if keys else isinstance(data, dict) and bool(data)


def _value(data: Any, key: str) -> Any:
    for part in key.split("."):
        data = data.get(part) if isinstance(data, dict) else None
    return data
