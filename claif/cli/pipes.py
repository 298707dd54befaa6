"""Pipes: whether there is something to read, and whether anybody could still write, as each system tells it."""

from __future__ import annotations

import os
import select
import stat
from collections.abc import Callable
from time import monotonic, sleep

from ..system import WINDOWS

PAUSE = 0.02
"""Seconds between two looks at a pipe, where the system has no way to wait for it."""


def speaks(descriptor: int, patience: float) -> bool:
    """Whether there is data, or the end, within so many seconds."""
    if WINDOWS:
        return _look_repeatedly(descriptor, patience, peek)
    readable, _, _ = select.select([descriptor], [], [], patience)
    return bool(readable)


def _look_repeatedly(descriptor: int, patience: float, look: Callable[[int], bool]) -> bool:
    deadline = monotonic() + patience
    while not look(descriptor):
        if monotonic() > deadline:
            return False
        sleep(PAUSE)
    return True


def peek(descriptor: int) -> bool:
    """Whether a pipe on Windows has data or has ended; `select` there knows only sockets."""
    import ctypes
    from importlib import import_module
    from typing import Any

    system: Any = ctypes
    runtime: Any = import_module("msvcrt")
    waiting = ctypes.c_ulong()
    alive = system.windll.kernel32.PeekNamedPipe(
        runtime.get_osfhandle(descriptor), None, 0, None, ctypes.byref(waiting), None
    )
    return not alive or waiting.value > 0


def has_writer(descriptor: int) -> bool:
    """Whether a process that is neither this one nor above it can write to the pipe, as in a slow `producer | claif`.

    Where the system has no /proc, nobody can tell, and the pipe counts as silent.
    """
    pipe = os.fstat(descriptor)
    if not stat.S_ISFIFO(pipe.st_mode):
        return False
    own = {os.getpid(), *_ancestors()}
    for name in _numbers("/proc"):
        if name not in own and any(_writes(f"/proc/{name}/fd/{fd}", pipe) for fd in _numbers(f"/proc/{name}/fd")):
            return True
    return False


def _writes(path: str, pipe: os.stat_result) -> bool:
    """Whether the descriptor is open for writing to this pipe; the link's own mode tells for what it is open."""
    try:
        opened = os.stat(path)
        return (opened.st_dev, opened.st_ino) == (pipe.st_dev, pipe.st_ino) and bool(os.lstat(path).st_mode & 0o200)
    except OSError:
        return False


def _ancestors() -> set[int]:
    """The processes above this one."""
    found: set[int] = set()
    current = os.getppid()
    while current > 0 and current not in found:
        found.add(current)
        try:
            with open(f"/proc/{current}/stat", "rb") as file:
                # The name, in parentheses, may have spaces and parentheses itself.
                current = int(file.read().rpartition(b")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            break
    return found


def _numbers(folder: str) -> list[int]:
    try:
        return [int(name) for name in os.listdir(folder) if name.isdecimal()]
    except OSError:
        return []
