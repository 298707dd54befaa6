"""A child where the system has nothing better than to start and to end it: Windows."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import trio

from ...system import WINDOWS


class PlainChild:
    """A child that is ended alone, without what it has started; `start_plain` makes it."""

    def __init__(self, process: trio.Process) -> None:
        self.pid = process.pid
        self._process = process
        # Pipes of Windows have the same methods.
        self.stdin = cast("trio.lowlevel.FdStream", process.stdin)
        self.stdout = cast("trio.lowlevel.FdStream", process.stdout)
        self.stderr = cast("trio.lowlevel.FdStream", process.stderr)

    async def wait(self) -> int:
        """Wait for the end of the program."""
        return await self._process.wait()

    def terminate(self) -> None:
        """Ask the program to end; on Windows it is not asked."""
        self._process.terminate()

    async def kill(self) -> None:
        """End it."""
        self._process.kill()

    def release(self) -> None:
        """Give back all descriptors."""
        for stream in (self.stdin, self.stdout, self.stderr):
            stream.close()


async def start_plain(argv: Sequence[str], environment: Mapping[str, str], directory: Path) -> PlainChild:
    """Start a program.

    Args:
        argv: the program, by its absolute path, and its arguments.
        environment: all of its variables.
        directory: its working directory.

    Raises:
        OSError: it cannot be started.
    """
    apart: dict[str, Any] = {}
    if WINDOWS:
        # A Ctrl-C at the terminal is ours to handle, not the child's.
        apart = {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    return PlainChild(
        await trio.lowlevel.open_process(
            list(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=directory,
            env=environment,
            **apart,
        )
    )
