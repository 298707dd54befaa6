"""bubblewrap: a command under it, with everything that is secret or long in memory files instead of arguments."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...system import is_root
from .levels import BASE, devices_and_processes
from .mounts import Kind, Mount, ordered

if TYPE_CHECKING:
    from .policy import Limits

LATER = 5
"""Seconds of processor time between the signal that a program can catch and the one that it cannot."""


def wrapped(
    bubblewrap: Path,
    *,
    mounts: Iterable[Mount],
    command: Sequence[str],
    directory: Path,
    environment: Mapping[str, str],
    network: bool,
    calls: bytes | None = None,
    scratch: int | None = None,
) -> tuple[list[str], tuple[int, ...]]:
    """A command under bubblewrap.

    Args:
        bubblewrap: the program.
        mounts: what is seen otherwise than on the host, in any order.
        command: what is run inside.
        directory: where it is run.
        environment: its variables.
        network: whether it shares the network.
        calls: the filter of system calls, if there is one.
        scratch: the most bytes of each folder in memory; `None` is half of the machine's memory.

    Returns:
        The arguments, and the descriptors that the process must inherit.
    """
    memory = _Memory()
    try:
        order = list(BASE) if network else [*BASE, "--unshare-net"]
        places = ordered(mounts)
        whole = (
            "--bind"
            if any(mount.kind == Kind.WRITE and len(mount.path.parts) == 1 for mount in places)
            else "--ro-bind"
        )
        order += [whole, "/", "/", *devices_and_processes(root=is_root())]
        for mount in places:
            if len(mount.path.parts) > 1:
                order += _mounted(mount, memory, scratch)
        order.append("--clearenv")
        for name, value in environment.items():
            order += ["--setenv", name, value]
        if calls is not None:
            order += ["--seccomp", str(memory.file(calls))]
        order += ["--chdir", os.path.realpath(directory)]
        number = memory.file(b"".join(os.fsencode(word) + b"\0" for word in order))
    except BaseException:
        memory.close()
        raise
    return [str(bubblewrap), "--args", str(number), "--", *command], tuple(memory.descriptors)


def _mounted(mount: Mount, memory: _Memory, scratch: int | None) -> list[str]:
    """A mount as arguments."""
    path, source = str(mount.path), str(mount.source or mount.path)
    size = [] if scratch is None else ["--size", str(scratch)]
    match mount.kind:
        case Kind.EMPTY:
            return [*size, "--tmpfs", path]
        case Kind.SEALED:
            return [*size, "--tmpfs", path, "--remount-ro", path]
        case Kind.BLANK:
            return ["--ro-bind-data", str(memory.file(mount.content)), path]
        case Kind.READ:
            return ["--ro-bind", source, path]
        case Kind.WRITE:
            return ["--bind", source, path]


class _Memory:
    """Files in memory: unlike a pipe they take any length before anybody reads."""

    def __init__(self) -> None:
        self.descriptors: list[int] = []

    def file(self, data: bytes) -> int:
        """The descriptor of a file with this content, to be read from its beginning."""
        descriptor = os.memfd_create("claif", os.MFD_CLOEXEC)
        self.descriptors.append(descriptor)
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
        os.lseek(descriptor, 0, os.SEEK_SET)
        return descriptor

    def close(self) -> None:
        while self.descriptors:
            os.close(self.descriptors.pop())


def limiting(limits: Limits, prlimit: Path | None) -> tuple[list[str], bool]:
    """What runs a command within limits: the arguments before it, and whether all limits are kept.

    Args:
        limits: what it may use up.
        prlimit: the program that sets limits, if there is one.
    """
    wanted = []
    if limits.memory is not None:
        # Not the address space, of which Node alone reserves gigabytes.
        wanted.append(f"--data={limits.memory}")
    if limits.cpu is not None:
        wanted.append(f"--cpu={limits.cpu}:{limits.cpu + LATER}")
    if limits.processes is not None:
        wanted.append(f"--nproc={limits.processes}")
    if limits.file_size is not None:
        wanted.append(f"--fsize={limits.file_size}")
    if not wanted:
        return [], True
    return ([], False) if prlimit is None else ([str(prlimit), *wanted, "--"], True)
