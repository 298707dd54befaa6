"""The operating system: what differs between Linux, macOS and Windows and is needed in more than one room."""

from __future__ import annotations

import os
import sys

WINDOWS = os.name == "nt"
LINUX = sys.platform.startswith("linux")
HAS_OWNERS = hasattr(os, "geteuid")
"""Whether files have owners and modes that mean something."""


def flags(*names: str) -> int:
    """The flags of `os.open` of these names together, without those that this system does not have."""
    found = 0
    for name in names:
        found |= getattr(os, name, 0)
    return found


def is_root() -> bool:
    """Whether this process has the rights of root, as far as its user number says so."""
    return HAS_OWNERS and os.geteuid() == 0


def listed_home() -> str | None:
    """The user's home by the system's list of users, whatever HOME says; `None` if there is none."""
    try:
        import pwd

        return pwd.getpwuid(os.geteuid()).pw_dir
    except (ImportError, KeyError):
        return None


def belongs_to_others(status: os.stat_result, *, trust_root: bool = False) -> bool:
    """Whether a file belongs to another user; never, where files have no owners.

    Args:
        status: the file's.
        trust_root: whether root's files are as good as the user's own.
    """
    if not HAS_OWNERS:
        return False
    trusted = {os.geteuid(), 0} if trust_root else {os.geteuid()}
    return status.st_uid not in trusted


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Take an advisory lock between processes, without waiting; closing the file gives it back.

    Where there are no such locks (Windows), nobody is kept out: the last writer wins.

    Args:
        descriptor: of the file that is locked.
        shared: whether others may have it too, if they also share it.
    """
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def how_it_ended(code: int) -> str:
    """How a process ended, in words.

    Args:
        code: its exit code, or minus the signal that killed it.
    """
    if code >= 0:
        return f"ended with exit code {code}"
    import signal

    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = str(-code)
    return f"was killed by the signal {name}"
