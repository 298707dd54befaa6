"""Layout: what a policy means for the files of a child on this machine, as mounts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from ...errors import SandboxError
from ...system import belongs_to_others, is_root, listed_home
from .hidden import covering, environment_files, secrets, sockets
from .mounts import Kind, Mount, is_hidden
from .paths import may_be_reached, may_be_written, real_path
from .programs import needed

if TYPE_CHECKING:
    from .policy import Policy

SCRATCH = ("/tmp", "/var/tmp", "/run")  # noqa: S108 - an empty folder in memory for each child
"""Places that hold what other programs keep there: files, sockets."""
_KEPT = ("/run/current-system", "/run/wrappers", "/run/opengl-driver")
"""Where some systems have their programs and libraries."""
_NAMES = "/etc/resolv.conf"
_SOCKETS = "/proc/net/unix"


@frozen(kw_only=True)
class Wanted:
    """What a child is to see.

    Args:
        policy: how it is confined.
        programs: what it runs, absolute.
        environment: all its variables.
        home: Claif's own folder.
    """

    policy: Policy
    programs: tuple[Path, ...]
    environment: Mapping[str, str]
    home: Path


@frozen(kw_only=True)
class Layout:
    """What it sees.

    Args:
        mounts: the places that it sees otherwise than the host, which is read-only.
        folders: the working directory and the further folders, without symbolic links.
        notes: what of the policy cannot be kept; sentences.
    """

    mounts: tuple[Mount, ...]
    folders: tuple[Path, ...]
    notes: tuple[str, ...]


def lay_out(wanted: Wanted) -> Layout:
    """The layout for a child; looks at files for some milliseconds.

    Raises:
        SandboxError: root may not even enter the working directory without its special rights.
    """
    policy, environment = wanted.policy, wanted.environment
    notes: list[str] = []
    folders = [Mount(path, Kind.WRITE if policy.writable else Kind.READ) for path in _folders(policy, notes)]
    state = list(_state(policy.state, environment, notes))
    governing = [Mount(real_path(path), Kind.READ) for path in policy.governing if path.exists()]
    readable = [Mount(real_path(path), Kind.READ) for path in policy.readable if path.exists()]
    mounts = [*_scratch(environment), *readable, *folders, *state, *governing]
    mounts += secrets(_homes(environment), wanted.home, [mount.path for mount in state], root=is_root())
    for folder in folders:
        mounts += [mount for path in environment_files(folder.path) if (mount := covering(path))]
    mounts += [mount for mount in _sockets() if not is_hidden(mount.path, mounts)]
    needs = [path for program in wanted.programs for path in needed(program, environment)]
    needs += [Path(place) for place in _KEPT]
    needs += _for_names() if policy.network == "open" else []
    mounts += [Mount(path, Kind.READ) for path in needs if is_hidden(path, mounts) and path.exists()]
    return Layout(mounts=tuple(mounts), folders=tuple(mount.path for mount in folders), notes=tuple(notes))


def _homes(environment: Mapping[str, str]) -> list[Path]:
    """The user's home, as variables and as the system have it, and the child's."""
    named = (os.environ.get("HOME"), listed_home(), environment.get("HOME"))
    return [Path(name) for name in dict.fromkeys(named) if name and os.path.isabs(name)]


def _scratch(environment: Mapping[str, str]) -> Iterator[Mount]:
    places = [Path(place) for place in SCRATCH]
    if environment.get("XDG_RUNTIME_DIR"):
        places.append(Path(environment["XDG_RUNTIME_DIR"]))
    for place in places:
        mount = covering(place)
        if mount is not None and mount.kind == Kind.EMPTY and len(mount.path.parts) > 1:
            yield mount


def _folders(policy: Policy, notes: list[str]) -> Iterator[Path]:
    """The working directory and the further folders."""
    for folder in (policy.directory, *policy.more):
        try:
            path = real_path(folder)
            status = path.stat()
        except OSError as error:
            raise SandboxError(f"{folder} cannot be used: {error.strerror}.") from None
        if not may_be_reached(path):
            raise SandboxError(
                f"{path} is closed to other users, and root without its special rights is one.",
                hint="Run Claif as the user whose folder it is.",
            )
        if policy.writable and len(path.parts) == 1:
            notes.append("The working directory is the root of the file system, so all files may be written.")
        if policy.writable and belongs_to_others(status) and not may_be_written(path):
            notes.append(
                f"{path} belongs to user {status.st_uid}; root without its special rights may not write there."
            )
        yield path


def _state(state: Iterable[Path], environment: Mapping[str, str], notes: list[str]) -> Iterator[Mount]:
    """The state of the program, and its folder for temporary files."""
    for place in state:
        try:
            yield Mount(real_path(place), Kind.WRITE)
        except OSError:
            notes.append(f"{place} does not exist, so it cannot be written.")
    temporary = real_path(environment.get("TMPDIR") or SCRATCH[0], strict=False)
    if temporary.is_dir() and str(temporary) not in SCRATCH:
        yield Mount(temporary, Kind.WRITE)


def _sockets() -> Iterator[Mount]:
    try:
        with open(_SOCKETS, encoding="utf-8", errors="surrogateescape") as file:
            yield from [Mount(path, Kind.BLANK) for path in dict.fromkeys(sockets(file)) if may_be_reached(path)]
    except OSError:
        return


def _for_names() -> list[Path]:
    """What is needed to find the servers of names: the folder of the file that the usual one links to."""
    real = Path(os.path.realpath(_NAMES))
    folder = real.parent
    return [real if str(folder) in SCRATCH else folder]
