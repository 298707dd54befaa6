"""Programs: where they are, found by absolute path, and never where anybody could have put one."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ...errors import DependencyError
from ...system import HAS_OWNERS, WINDOWS


def find_program(name: str, *, configured: str | None, places: Sequence[Path] = (), environ: Mapping[str, str]) -> Path:
    """The absolute path of a program.

    Searched are the configured path alone, if there is one; else `places`, then PATH. Entries of PATH that are
    relative, the working directory, or writable by everybody do not count.

    Args:
        name: its name, such as `claude`.
        configured: what the user's configuration says: an absolute path, or another name to search PATH for.
        places: folders, or paths of the program, to look at before PATH.
        environ: where PATH is.

    Raises:
        DependencyError: it is not there, or cannot be run.
    """
    if configured is not None:
        path = Path(configured).expanduser()
        if path.is_absolute():
            return _usable(path, name)
        if path.name != configured:
            raise DependencyError(
                f"The path {configured} of {name} is relative.", hint="Write the absolute path, or only a name."
            )
        name, places = configured, ()
    candidates = [place / name if os.path.isdir(place) else place for place in places]
    candidates += [Path(entry, name) for entry in _search_path(environ)]
    for candidate in candidates:
        for path in _spellings(candidate):
            if not _fault(path):
                return Path(os.path.abspath(path))
    raise DependencyError(
        f"The program {name} is not installed.",
        hint="Install it, or say where it is with the setting path; only absolute folders on PATH are searched.",
    )


def _search_path(environ: Mapping[str, str]) -> Iterator[str]:
    try:
        here = os.stat(".")
    except OSError:
        here = None
    for entry in environ.get("PATH", os.defpath).split(os.pathsep):
        if not os.path.isabs(entry):
            continue
        try:
            status = os.stat(entry)
        except OSError:
            continue
        if not (_open_to_all(status) or (here is not None and os.path.samestat(status, here))):
            yield entry


def _spellings(path: Path) -> list[Path]:
    if not WINDOWS or path.suffix:
        return [path]
    # Files .cmd and .bat would be run by a shell, which takes arguments for commands.
    return [path.with_name(path.name + suffix) for suffix in (".exe", ".com")]


def _usable(path: Path, name: str) -> Path:
    if fault := _fault(path):
        raise DependencyError(
            f"The program {path}, configured for {name}, {fault}.", hint="Correct the setting path of its provider."
        )
    return Path(os.path.abspath(path))


def _fault(path: Path) -> str:
    try:
        status = path.stat()
    except FileNotFoundError:
        return "does not exist"
    except (OSError, ValueError):
        return "cannot be looked at"
    if not stat.S_ISREG(status.st_mode):
        return "is no file"
    if _open_to_all(status):
        return "can be changed by everybody"
    return "" if os.access(path, os.X_OK) else "may not be run"


def _open_to_all(status: os.stat_result) -> bool:
    return HAS_OWNERS and bool(status.st_mode & stat.S_IWOTH)
