"""Children that run for a moment: bounded in time and in what they may say, and ended with all that they started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import trio

if TYPE_CHECKING:
    from pathlib import Path

GRACE = 1.0
"""Seconds that the last words of a child have to arrive."""
GOING = 10.0
"""Seconds that a killed child has to go, also on a busy machine."""
MOST_BYTES = 65_536
"""Of a child's output that are kept."""


class Ended(NamedTuple):
    """How a child ended: its exit code, `None` if it was killed at its limit, and what it wrote."""

    code: int | None
    out: bytes
    err: bytes


async def run_child(
    command: Sequence[str],
    *,
    timeout: float,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
    most: int = MOST_BYTES,
) -> Ended:
    """Run a program in a session of its own, without standard input, and end its whole group afterwards.

    Args:
        command: its absolute path, and its arguments.
        timeout: seconds that it may take.
        environ: all of its variables; ours when not given.
        folder: its working directory; ours when not given.
        most: bytes of its output, and as many of its errors, that are kept.

    Raises:
        OSError: it cannot be started.
    """
    out, err = bytearray(), bytearray()
    process = await trio.lowlevel.open_process(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environ,
        cwd=folder,
        start_new_session=True,
    )
    async with trio.open_nursery() as nursery:
        for stream, kept in ((process.stdout, out), (process.stderr, err)):
            if stream is not None:
                nursery.start_soon(_drain, stream, kept, most)
        try:
            with trio.move_on_after(timeout) as limit:
                await process.wait()
        finally:
            _kill(process)
            with trio.move_on_after(GOING, shield=True):
                await process.wait()
        # A grandchild that has made itself a session of its own may keep the pipes open for ever.
        nursery.cancel_scope.deadline = trio.current_time() + GRACE
    return Ended(None if limit.cancelled_caught else process.returncode, bytes(out), bytes(err))


async def _drain(stream: trio.abc.ReceiveStream, kept: bytearray, most: int) -> None:
    async with stream:
        async for data in stream:
            kept += data[: max(0, most - len(kept))]


def _kill(process: trio.Process) -> None:
    """Kill the child and all that it started in its session."""
    if sys.platform == "win32":
        process.kill()
        return
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # The group is empty; on macOS one of zombies is a matter of permissions.
        process.kill()
