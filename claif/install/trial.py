"""Trying a program that has come, before it takes its place: it is there, it runs, and it is the right version."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..agents.ask_version import ask_version
from ..errors import InstallError
from .failures import Unavailable

if TYPE_CHECKING:
    from .plan import Way


async def try_program(way: Way, path: Path, environ: Mapping[str, str], interpreter: Path | None = None) -> int:
    """Run a program for its version.

    Args:
        way: how it came.
        path: where it is.
        environ: the environment to try it in.
        interpreter: what runs it, if it is a script.

    Returns:
        Its size in bytes.

    Raises:
        Unavailable: it is not what it should be, or does not run here.
    """
    size = _size(path)
    if size is None:
        raise Unavailable(f"{way.source} does not have the program {way.package.program}.")
    try:
        found = await ask_version(path, environ, interpreter=interpreter)
    except InstallError as error:
        raise Unavailable(f"{way.source} does not work here: {error.message}") from error
    if found != way.version:
        raise Unavailable(f"{way.source} says that it is {found}, and not {way.version}.")
    return size


def _size(path: Path) -> int | None:
    """The size of a plain file; a link could lead anywhere."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None
