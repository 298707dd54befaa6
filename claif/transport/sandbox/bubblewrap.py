"""bubblewrap: a command under it, with everything that is secret or long in memory files instead of arguments."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .levels import BASE
from .mounts import Kind, Mount, arguments

if TYPE_CHECKING:
    from .policy import Limits

LATER = 5
"""Seconds of processor time between the signal that a program can catch and the one that it cannot."""


class Wrapped:
    """A command under bubblewrap, and the descriptors that its process must inherit.

    Args:
        bubblewrap: the program.
        mounts: what is seen, in order.
        command: what is run inside.
        directory: where it is run, as it is seen inside.
        environment: its variables.
        network: whether it shares the network.
        calls: the filter of system calls, if there is one.
        scratch: the most bytes of each folder in memory; `None` is half of the machine's memory.
    """

    def __init__(
        self,
        bubblewrap: Path,
        *,
        mounts: Iterable[Mount],
        command: Sequence[str],
        directory: Path,
        environment: Mapping[str, str],
        network: bool,
        calls: bytes | None = None,
        scratch: int | None = None,
    ) -> None:
        self.descriptors: list[int] = []
        try:
            order = list(BASE) if network else [*BASE, "--unshare-net"]
            for mount in _below_root(mounts, order):
                if mount.kind in {Kind.EMPTY, Kind.SEALED} and scratch is not None:
                    order += ["--size", str(scratch)]
                order += arguments(mount, self._contents(mount))
            order += ["--clearenv"]
            for name, value in environment.items():
                order += ["--setenv", name, value]
            if calls is not None:
                order += ["--seccomp", str(self._memory(calls))]
            order += ["--chdir", str(directory)]
            number = self._memory(b"".join(os.fsencode(word) + b"\0" for word in order))
        except BaseException:
            self.close()
            raise
        self.argv = [str(bubblewrap), "--args", str(number), "--", *command]

    def _memory(self, data: bytes) -> int:
        descriptor = os.memfd_create("claif", os.MFD_CLOEXEC)
        self.descriptors.append(descriptor)
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
        os.lseek(descriptor, 0, os.SEEK_SET)
        return descriptor

    def _contents(self, mount: Mount) -> Iterator[int]:
        yield self._memory(mount.content)

    def close(self) -> None:
        """Close the descriptors; the child has its own."""
        while self.descriptors:
            os.close(self.descriptors.pop())


def _below_root(mounts: Iterable[Mount], order: list[str]) -> Iterator[Mount]:
    """Begin with the root, devices and processes, which lie below everything else; then the other mounts."""
    rest = []
    whole = "--ro-bind"
    for mount in mounts:
        if len(mount.path.parts) > 1:
            rest.append(mount)
        elif mount.kind == Kind.WRITE:
            whole = "--bind"
    order += [whole, "/", "/", "--dev", "/dev", "--proc", "/proc"]
    yield from rest


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
