"""A child as the operating system has it: spawned, waited for, signalled, and gone with all that it started."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import trio

from .tree import GONE, children, hold_of, send

POLL = 0.02
"""Seconds between two looks at a child where the system does not tell of its end."""
STOPPED_WITHIN = 1.0
"""Seconds in which bubblewrap has stopped; a signal may come late."""
REAPED_WITHIN = 0.1
"""Seconds that bubblewrap has to reap its first process."""
_BY_SIGNAL = 128
"""Added by bubblewrap, as by shells, to the number of the signal that killed the program."""


class Input(Protocol):
    """What a process needs of a child's standard input."""

    async def send_all(self, data: bytes) -> None:
        """Write."""

    def close(self) -> None:
        """Let the program see the end."""

    def fileno(self) -> int:
        """Its descriptor."""


class Child(Protocol):
    """What a process needs of the operating system."""

    pid: int
    stdout: trio.lowlevel.FdStream
    stderr: trio.lowlevel.FdStream

    @property
    def stdin(self) -> Input:
        """Its standard input."""

    async def wait(self) -> int:
        """Wait for the end of the program: its exit code, or minus the signal that killed it. One task only."""

    def terminate(self) -> None:
        """Ask the program to end."""

    async def kill(self) -> None:
        """End it and all that it started; returns when they are gone. The caller bounds it."""

    def release(self) -> None:
        """Give back all descriptors."""


@runtime_checkable
class Leavable(Protocol):
    """A child that can be left to the broker."""

    @property
    def silent(self) -> bool:
        """Whether nothing that it has written waits to be read."""

    async def keep(self, what: Mapping[str, Any]) -> bool:
        """Leave it to the broker, for whoever needs it next; whether the broker has taken it."""


class DirectChild:
    """A child that we have spawned ourselves.

    `trio.lowlevel.open_process` is of no use: it spawns in a thread that ends after a while, and a signal of the
    parent's death, which bubblewrap asks for, comes when the thread that spawned has ended. So this is to be made in
    the thread that runs trio.

    Args:
        argv: the program, by its absolute path, and its arguments.
        environment: all of its variables.
        directory: its working directory.
        fds: descriptors that it inherits beside its own three.
        namespaced: whether the program runs below the child in a namespace that ends with it.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str],
        directory: Path,
        *,
        fds: Sequence[int] = (),
        namespaced: bool = False,
    ) -> None:
        self._namespaced = namespaced
        theirs: list[int] = []
        ours: list[int] = []
        try:
            for reading in (True, False, False):
                pair = os.pipe()
                theirs.append(pair[0] if reading else pair[1])
                ours.append(pair[1] if reading else pair[0])
            self._popen = _spawn(argv, environment, directory, theirs, fds)
        except BaseException:
            for descriptor in ours:
                os.close(descriptor)
            raise
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        self.pid = self._popen.pid
        self._hold = hold_of(self.pid)
        self.stdin, self.stdout, self.stderr = [trio.lowlevel.FdStream(descriptor) for descriptor in ours]

    async def wait(self) -> int:
        """Wait for the end of the program."""
        while (code := self._popen.poll()) is None:
            if self._hold is not None:
                await trio.lowlevel.wait_readable(self._hold)
            else:
                await trio.sleep(POLL)
        if self._namespaced and code > _BY_SIGNAL:
            return _BY_SIGNAL - code  # bubblewrap tells of a signal as shells do
        return code

    def terminate(self) -> None:
        """Ask the program to end; bubblewrap itself would end without asking anybody."""
        if self._popen.poll() is not None:
            return
        if not self._namespaced:
            send(self.pid, self._hold, signal.SIGTERM)
        for first in children(self.pid) if self._namespaced else ():
            for pid in children(first):
                send(pid, None, signal.SIGTERM)

    async def kill(self) -> None:
        """Kill the child, and wait for the end of the namespace if it has one."""
        if self._popen.poll() is not None:
            return
        if self._namespaced:
            await self._end_namespace()
        if self._popen.poll() is None:
            self._kill()

    async def _end_namespace(self) -> None:
        # Everything in the namespace ends with its first process, and bubblewrap ends when it has reaped that one. It
        # is stopped while we look, so that it cannot start that process after we have looked.
        send(self.pid, self._hold, signal.SIGSTOP)
        with trio.move_on_after(STOPPED_WITHIN):
            while not _has_stopped(self.pid):  # noqa: ASYNC110 - trio does not tell of it
                await trio.sleep(POLL / 10)
        holds = [hold for pid in children(self.pid) if (hold := hold_of(pid)) is not None and hold != GONE]
        try:
            for hold in holds:
                send(0, hold, signal.SIGKILL)
            if not holds:
                return
            send(self.pid, self._hold, signal.SIGCONT)
            for hold in holds:
                await trio.lowlevel.wait_readable(hold)
            with trio.move_on_after(REAPED_WITHIN):
                while self._popen.poll() is None:  # noqa: ASYNC110 - its pidfd has its one waiter already
                    await trio.sleep(POLL / 10)
        finally:
            for hold in holds:
                os.close(hold)

    def _kill(self) -> None:
        """Kill a child that has not been reaped, so that its pid, and that of its group, is its own."""
        with suppress(OSError):
            os.killpg(self.pid, signal.SIGKILL)
        send(self.pid, self._hold, signal.SIGKILL)

    def release(self) -> None:
        """Give back all descriptors."""
        for stream in (self.stdin, self.stdout, self.stderr):
            stream.close()
        if self._hold is not None:
            os.close(self._hold)
            self._hold = None


def _has_stopped(pid: int) -> bool:
    """Whether a child of ours runs no more for now, or at all; it can still be waited for."""
    try:
        return os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True  # it has ended, and was waited for


def _spawn(
    argv: Sequence[str], environment: Mapping[str, str], directory: Path, streams: Sequence[int], fds: Sequence[int]
) -> subprocess.Popen[bytes]:
    stdin, stdout, stderr = streams
    return subprocess.Popen(  # noqa: S603 - commands are made of checked arguments
        argv,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        cwd=directory,
        env=environment,
        pass_fds=fds,
        start_new_session=True,  # it must not reach our terminal, nor a Ctrl-C there it
    )
