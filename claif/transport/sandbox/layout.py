"""Layout: all mounts that a policy means for a child under bubblewrap on this machine."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from ...system import belongs_to_others, is_root
from .guards import Guards, may_be_written
from .hidden import covering, environment_files, secrets, sockets
from .mounts import Kind, Mount, is_hidden, ordered, seen
from .programs import needed

if TYPE_CHECKING:
    from .policy import Policy

SCRATCH = ("/tmp", "/var/tmp", "/run")  # noqa: S108 - an empty folder in memory for each child
"""Places that hold what other programs keep there: files, sockets."""
_KEPT = ("/run/current-system", "/run/wrappers", "/run/opengl-driver")
"""Where some systems have their programs and libraries."""
_NAMES = "/etc/resolv.conf"


@frozen(kw_only=True)
class Layout:
    """The mounts for one child, and what cannot be kept to."""

    mounts: tuple[Mount, ...]
    notes: tuple[str, ...]


def lay_out(
    policy: Policy,
    programs: Iterable[Path],
    environment: Mapping[str, str],
    claif_home: Path,
    extra: Iterable[Mount],
    stack: ExitStack,
) -> Layout:
    """All mounts for a child, in their order; blocks for some milliseconds.

    Args:
        policy: how it is confined.
        programs: what it runs, absolute.
        environment: all its variables.
        claif_home: Claif's own folder.
        extra: further mounts.
        stack: what has to be undone when the child has ended is put here.
    """
    root = is_root()
    notes: list[str] = []
    mounts = [*_scratch(environment), *_roots(policy, notes)]
    own = [mount.path for mount in mounts if mount.kind >= Kind.READ]
    mounts += _own(policy.state, environment, notes)
    homes = [Path.home(), Path(environment["HOME"])] if environment.get("HOME") else [Path.home()]
    mounts += secrets(homes, claif_home, [mount.path for mount in mounts if mount.path not in own], root=root)
    if policy.writable:
        for folder in own:
            guards = Guards(folder, claif_home)
            stack.callback(guards.close)
            mounts += guards.mounts()
            notes += guards.notes
    for folder in own:
        mounts += [mount for path in environment_files(folder) if (mount := covering(path))]
    mounts += extra
    mounts += [mount for mount in _sockets() if not is_hidden(mount.path, mounts)]
    wanted = [path for program in programs for path in needed(program, environment)]
    wanted += _names() if policy.network == "open" else []
    for path in map(Path, _KEPT):
        wanted += [path] if path.exists() else []
    mounts += [Mount(path, Kind.READ) for path in wanted if path.exists() and is_hidden(path, mounts)]
    return Layout(mounts=tuple(ordered(mounts)), notes=tuple(notes))


def _scratch(environment: Mapping[str, str]) -> Iterator[Mount]:
    places = [Path(place) for place in SCRATCH]
    if environment.get("XDG_RUNTIME_DIR"):
        places.append(Path(environment["XDG_RUNTIME_DIR"]))
    for place in places:
        mount = covering(place)
        if mount is not None and mount.kind == Kind.EMPTY and len(mount.path.parts) > 1:
            yield mount


def _roots(policy: Policy, notes: list[str]) -> Iterator[Mount]:
    """The working directory and the further folders."""
    for folder in (policy.directory, *(policy.more if policy.writable else ())):
        try:
            path = folder.resolve(strict=True)
            status = path.stat()
        except OSError as error:
            notes.append(f"{folder} cannot be used: {error.strerror}.")
            continue
        if policy.writable and len(path.parts) == 1:
            notes.append("The working directory is the root of the file system, so all files may be written.")
        if policy.writable and is_root() and not may_be_written(path) and belongs_to_others(status):
            notes.append(f"{path} belongs to user {status.st_uid}, whose files root may not write under bubblewrap.")
        yield Mount(path, Kind.WRITE if policy.writable else Kind.READ)


def _own(state: Iterable[Path], environment: Mapping[str, str], notes: list[str]) -> Iterator[Mount]:
    """The state of the program, and its folder for temporary files."""
    for place in state:
        try:
            yield Mount(place.resolve(strict=True), Kind.WRITE)
        except OSError:
            notes.append(f"{place} does not exist, so it cannot be written.")
    temporary = Path(environment.get("TMPDIR") or SCRATCH[0]).resolve()
    if temporary.is_dir() and str(temporary) not in SCRATCH:
        yield Mount(temporary, Kind.WRITE)


def _sockets() -> Iterator[Mount]:
    try:
        with open("/proc/net/unix", encoding="utf-8", errors="surrogateescape") as file:
            yield from [Mount(path, Kind.BLANK) for path in dict.fromkeys(sockets(file))]
    except OSError:
        return


def _names() -> list[Path]:
    """What is needed to find the servers of names: the folder of the file that the usual one links to."""
    real = Path(os.path.realpath(_NAMES))
    folder = real.parent
    return [real if str(folder) in SCRATCH else folder]
