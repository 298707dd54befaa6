"""Levels: what confinement this machine offers, found out once and only as far as it is asked."""

from __future__ import annotations

import os
import stat
import subprocess
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

from ...system import LINUX, is_root
from .calls import processor
from .confine import landlock_abi

PLACES = ("/usr/bin", "/bin", "/usr/local/bin", "/run/current-system/sw/bin")
"""Where programs of the system are; PATH is not asked, since a folder of a project may be on it."""

OLDEST_LANDLOCK = 3
"""Before this version of its interface (Linux 6.2), files outside of the rules could be emptied."""

BASE = (
    *("--die-with-parent", "--new-session", "--unshare-user-try", "--unshare-pid", "--unshare-ipc", "--unshare-uts"),
    # Without this, root inside mounts the host's file system writable again.
    *("--unshare-cgroup-try", "--cap-drop", "ALL"),
)
_PROBE_SECONDS = 20.0

_REMEDIES = (
    ("uid map", "Allow it user namespaces: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"),
    ("No permissions to creat", "Allow user namespaces: sysctl -w kernel.unprivileged_userns_clone=1"),
    ("creating new namespace failed", "In a container: start it with user namespaces allowed (seccomp, AppArmor)."),
    ("mount proc", "In a container: start it with an unmasked /proc (systempaths=unconfined)."),
)


class Tool(NamedTuple):
    """A program of the system, or why it cannot be used.

    Args:
        path: where it is; `None` if it cannot be used.
        problem: why it cannot be used.
        remedy: what to do about that.
    """

    path: Path | None
    problem: str = ""
    remedy: str = ""


class Available:
    """What this machine offers; each answer is found when it is first asked for, and kept."""

    @cached_property
    def root(self) -> bool:
        """Whether we are root."""
        return is_root()

    @cached_property
    def groups(self) -> bool:
        """Whether there are process groups."""
        return os.name == "posix"

    @cached_property
    def confines(self) -> bool:
        """Whether there is anything that confines a child, or limits it."""
        return LINUX

    @cached_property
    def bubblewrap(self) -> Tool:
        """bubblewrap, if it works here."""
        if not self.confines:
            return Tool(None, "this system has no namespaces")
        found = system_program("bwrap")
        if found.path is None:
            return found._replace(remedy="apt-get install bubblewrap, or the like for your system")
        return _probed(found.path, ())

    @cached_property
    def empty_network(self) -> Tool:
        """bubblewrap, if it can also give a child a network of its own."""
        found = self.bubblewrap
        return found if found.path is None else _probed(found.path, ("--unshare-net",))

    @cached_property
    def prlimit(self) -> Tool:
        """The program that sets limits inside of bubblewrap."""
        return system_program("prlimit")._replace(remedy="apt-get install util-linux")

    @cached_property
    def landlock(self) -> int:
        """The version of Landlock's interface; 0 if there is none."""
        return landlock_abi()

    @cached_property
    def filters(self) -> bool:
        """Whether system calls can be filtered here."""
        return processor() is not None


@cache
def available() -> Available:
    """What this machine offers; the same object for the whole process."""
    return Available()


def system_program(name: str) -> Tool:
    """A program that only root can have put there, by its absolute path."""
    problem = f"{name} is not installed"
    for place in PLACES:
        path = Path(place, name)
        try:
            status = path.stat()
        except OSError:
            continue
        if not stat.S_ISREG(status.st_mode) or not os.access(path, os.X_OK):
            problem = f"{path} cannot be run"
        elif status.st_uid != 0 or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            problem = f"{path} could have been changed by others than root"
        else:
            return Tool(path)
    return Tool(None, problem)


def devices_and_processes(*, root: bool) -> list[str]:
    """Devices and processes of a child's own, as arguments of bubblewrap.

    Args:
        root: whether we are root. Then the kernel's settings lie open in `/proc`, even without capabilities, and
            bubblewrap covers them only where the folder, not the file in it, could be written; so all is read-only.
    """
    return ["--dev", "/dev", "--proc", "/proc", *(["--remount-ro", "/proc"] if root else [])]


def _probed(bubblewrap: Path, more: tuple[str, ...]) -> Tool:
    """bubblewrap, if a program that does nothing can be run under it."""
    true = system_program("true")
    if true.path is None:
        return Tool(None, f"{bubblewrap} cannot be tried: {true.problem}")
    try:
        done = subprocess.run(  # noqa: S603 - a program of root
            [bubblewrap, *BASE, "--ro-bind", "/", "/", *devices_and_processes(root=is_root()), *more, "--", true.path],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROBE_SECONDS,
            env={},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Tool(None, f"{bubblewrap} cannot be started ({type(error).__name__})")
    if done.returncode == 0:
        return Tool(bubblewrap)
    said = " ".join(done.stderr.decode(errors="replace").split())[:200]
    remedy = next((remedy for words, remedy in _REMEDIES if words in said), "")
    return Tool(None, f"{bubblewrap} does not work here: {said or f'exit code {done.returncode}'}", remedy)
