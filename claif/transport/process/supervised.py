"""A child under a supervisor: what it starts cannot escape, although no namespace holds it."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import trio

from ..._json import dumps, loads
from ...errors import DependencyError, SandboxError
from .child import DirectChild
from .environment import RUN_ID
from .tree import Marked, sweep

HERE = Path(__file__).parent
CONFINE_IN = HERE.parent / "sandbox"
PASSED_ON = ("LD_LIBRARY_PATH",)
"""Without it some Pythons do not start; the program does not get it."""
SWEEP_TIMEOUT = 1.0
"""Seconds in which a supervisor must have ended everything; then it is ended itself, and we look for survivors."""
LOOKS = 20
"""How often we look for survivors of a supervisor."""
_MOST = 64 * 1024


class SupervisedChild:
    """A child whose supervisor is our own child; `start_supervised` makes it.

    Args:
        supervisor: our child.
        control: the socket on which it is told what to do.
        run_id: marks what it starts, so that it can be found should the supervisor die.
    """

    def __init__(self, supervisor: DirectChild, control: socket.socket, run_id: str) -> None:
        control.setblocking(False)
        self.pid = 0
        self.stdin, self.stdout, self.stderr = supervisor.stdin, supervisor.stdout, supervisor.stderr
        self._supervisor, self._socket = supervisor, control
        self._control = trio.socket.from_stdlib_socket(control)
        self._mark = f"{RUN_ID}={run_id}".encode()
        self._heard = b""
        self._reported = False
        self._gone = trio.Event()

    async def begin(self, order: Mapping[str, Any]) -> None:
        """Have the program started.

        Raises:
            OSError: it cannot be run.
            SandboxError: it cannot be confined.
        """
        left = memoryview(dumps(order) + b"\n")
        with suppress(BrokenPipeError):
            while left:
                left = left[await self._control.send(left) :]
        answer = await self._hear()
        if answer is None:
            raise DependencyError(
                "The supervisor of a program did not start.", hint=f"Does {sys.executable} work? Try: claif doctor"
            )
        if answer.get("stage") == "confine":
            raise SandboxError(f"The program could not be confined ({answer['message']}).")
        if "errno" in answer:
            raise OSError(answer["errno"], answer["message"])
        self.pid = answer["started"]

    async def wait(self) -> int:
        """Wait for the end of the program and of all that it has started."""
        try:
            report = await self._hear()
        finally:
            self._gone.set()
        code = await self._supervisor.wait()
        if report is None:
            return code or -9
        self._reported = True
        return int(report["ended"])

    def terminate(self) -> None:
        """Ask the program to end."""
        self._tell(b'{"do":"terminate"}\n')

    async def kill(self) -> None:
        """Have the supervisor end everything; if it does not, or is dead, do it without it."""
        self._tell(b'{"do":"sweep"}\n')
        with trio.move_on_after(SWEEP_TIMEOUT):
            await self._gone.wait()
        if self._reported:
            return
        await self._kill_all()

    async def _kill_all(self) -> None:
        """End the supervisor, and whatever it has not ended."""
        await self._supervisor.kill()
        marked = Marked(self._mark)
        for _ in range(LOOKS):
            sweep(marked)
            if not marked.members():
                break
            await trio.sleep(0.01)

    async def give_up(self) -> None:
        """End a child of which nobody has heard that it runs; nobody there any more is an order to sweep."""
        self._control.close()
        with trio.CancelScope(shield=True):
            with trio.move_on_after(SWEEP_TIMEOUT) as limit:
                await self._supervisor.wait()
            if limit.cancelled_caught:
                with trio.move_on_after(SWEEP_TIMEOUT):
                    await self._kill_all()
                    await self._supervisor.wait()
        self.release()

    def release(self) -> None:
        """Give back all descriptors."""
        self._control.close()
        self._supervisor.release()

    def _tell(self, command: bytes) -> None:
        with suppress(OSError):  # it has ended
            self._socket.send(command)

    async def _hear(self) -> dict[str, Any] | None:
        """The next message; `None` if the supervisor is gone."""
        while b"\n" not in self._heard:
            try:
                data = await self._control.recv(_MOST)
            except (OSError, trio.ClosedResourceError):
                data = b""
            if not data:
                return None
            self._heard += data
        line, _, self._heard = self._heard.partition(b"\n")
        message: dict[str, Any] = loads(line)
        return message


async def start_supervised(
    argv: Sequence[str],
    environment: Mapping[str, str],
    directory: Path,
    confine: dict[str, Any] | None,
    *,
    run_id: str,
    tmp: str = "",
) -> SupervisedChild:
    """Start a program under a supervisor.

    Args:
        argv: the program, by its absolute path, and its arguments.
        environment: all of its variables.
        directory: its working directory.
        confine: what it does to itself before it becomes the program, for `confine.confine`; `None` is nothing.
        run_id: the value of the variable that marks it.
        tmp: a folder that goes with it if we cannot remove it ourselves any more.

    Raises:
        OSError: it cannot be run.
        SandboxError: it cannot be confined.
        DependencyError: no supervisor can be run.
    """
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            supervisor = DirectChild(
                [sys.executable, "-I", "-S", "-X", "utf8", str(HERE / "supervisor.py"), str(theirs.fileno())],
                {name: os.environ[name] for name in PASSED_ON if name in os.environ},
                Path("/"),
                fds=[theirs.fileno()],
            )
    except BaseException:
        ours.close()
        raise
    child = SupervisedChild(supervisor, ours, run_id)
    try:
        await child.begin(
            {
                "argv": list(argv),
                "environment": dict(environment),
                "directory": str(directory),
                "confine": confine,
                "confine_in": str(CONFINE_IN),
                "tmp": tmp,
            }
        )
    except BaseException:
        await child.give_up()  # noqa: ASYNC102 - shielded and bounded itself
        raise
    return child
