"""Trees of processes on Linux: who descends from whom, and how to end them all without missing or mistaking one.

It imports nothing of Claif, since the supervisor, an isolated interpreter, loads it by its path.

How a tree is ended: every member is stopped as it is found, so that it can start no more and cannot reap what it has
started; when a look finds nobody new, all are killed. A pid can be given to a stranger between a look and a signal, so
each member is held by a pidfd and looked at once more before it is touched.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable

GONE = -1
"""Instead of a pidfd: there is no such process any more."""
_MOST_LOOKS = 100
_MOST_VARIABLES = 4 * 1024 * 1024
"""Bytes: more than a system passes on to a program."""
_BECOMING = 0.2
"""Seconds that a process takes at most to become another program."""
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def _read(path: str, most: int) -> bytes:
    """The beginning of a file, nothing if it cannot be read; half as dear as Python's files."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(descriptor, most)
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def parent(pid: int) -> int:
    """The parent of a process; 0 if it is gone, or a zombie that only waits to be reaped."""
    fields = _read(f"/proc/{pid}/stat", 1024).rpartition(b")")[2].split(None, 2)  # its name may hold anything
    return int(fields[1]) if fields and fields[0] not in b"ZX" else 0


def processes() -> list[int]:
    """All processes that can be seen."""
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdecimal()]
    except OSError:
        return []


def children(pid: int) -> list[int]:
    """The children of a process."""
    return [other for other in processes() if parent(other) == pid]


def descendants(root: int) -> list[int]:
    """All processes below one, parents before their children."""
    below: dict[int, list[int]] = {}
    for pid in processes():
        below.setdefault(parent(pid), []).append(pid)
    found = list(below.get(root, ()))
    for pid in found:
        found += below.get(pid, ())
    return found


def arguments(pid: int) -> list[bytes]:
    """The arguments of a process, its program's name first; `[b""]` if they cannot be read."""
    return _read(f"/proc/{pid}/cmdline", _MOST_VARIABLES).split(b"\0")


def environment(pid: int) -> list[bytes]:
    """The variables that a process was given when it began, `NAME=value`; `[b""]` if they cannot be read.

    While it becomes another program it has neither variables nor arguments, which is waited for.
    """
    until = time.monotonic() + _BECOMING
    while not (found := _variables(pid)) and _becomes_another(pid) and time.monotonic() < until:
        time.sleep(0.001)
    return (found or _variables(pid)).split(b"\0")  # it may have become that between the looks at both


def _variables(pid: int) -> bytes:
    return _read(f"/proc/{pid}/environ", _MOST_VARIABLES)


def _becomes_another(pid: int) -> bool:
    try:
        # Neither a thread of the kernel nor a process that has ended has a program.
        return arguments(pid) == [b""] and bool(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return False


def memory(pids: Iterable[int]) -> int:
    """The bytes of memory in which processes reside, shared ones counted for each."""
    return sum(int(fields[1]) * _PAGE for pid in pids if (fields := _read(f"/proc/{pid}/statm", 1024).split()))


class Family:
    """All processes below one."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._known = {root}

    def members(self) -> list[int]:
        """Who is there now."""
        found = descendants(self._root)
        self._known = {self._root, *found}
        return found

    def belongs(self, pid: int) -> bool:
        """Whether a process is one of those that were seen in the last look, or a child of one."""
        return parent(pid) in self._known


class Marked:
    """All processes whose environment held a variable when they began.

    Args:
        mark: `NAME=value`.
    """

    def __init__(self, mark: bytes) -> None:
        self._mark = mark

    def members(self) -> list[int]:
        """Who is there now."""
        return [pid for pid in processes() if parent(pid) and self.belongs(pid)]

    def belongs(self, pid: int) -> bool:
        """Whether a process is one of them."""
        return self._mark in environment(pid)


def sweep(who: Family | Marked) -> None:
    """Kill all members, also those that are started meanwhile; a fork bomb may take more than one call."""
    held: dict[int, int | None] = {}
    try:
        for _ in range(_MOST_LOOKS):
            fresh = [pid for pid in who.members() if pid not in held]
            if not fresh:
                break
            for pid in fresh:
                hold = hold_of(pid)
                if hold == GONE:
                    continue
                if who.belongs(pid):
                    held[pid] = hold
                    send(pid, hold, signal.SIGSTOP)
                elif hold is not None:
                    os.close(hold)
        for pid, hold in held.items():
            send(pid, hold, signal.SIGKILL)
    finally:
        for hold in held.values():
            if hold is not None:
                os.close(hold)


def hold_of(pid: int) -> int | None:
    """A descriptor that stays with a process whoever gets its pid; `GONE` if it is gone, `None` if there are none."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError) as error:
        return GONE if isinstance(error, ProcessLookupError) else None


def send(pid: int, hold: int | None, number: int) -> None:
    """Send a signal by pidfd if there is one, else by pid; one that is gone, or not ours to signal, is passed over."""
    try:
        if hold is not None:
            signal.pidfd_send_signal(hold, number)
        else:
            os.kill(pid, number)
    except OSError:
        pass
