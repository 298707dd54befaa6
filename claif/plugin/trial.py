"""Imports parts of plugins on trial, each in a child process that is given a time limit and never outlives it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import trio

from ..logs import logger
from .entry_points import HOOKS, EntryPoint
from .guard import printable
from .heavy import heavy_among
from .state import SLOW

AT_ONCE = 2
"""Children that run at the same time: more would measure each other."""

GRACE = 1.0
"""Seconds that a killed child has to go, and that its last words have to arrive."""

MOST_BYTES = 65_536
"""Of a child's output that are kept."""


class Trial(NamedTuple):
    """What came of importing one part of a plugin.

    Args:
        group: the entry-point group: `claif`, `claif.providers` or `claif.commands`.
        name: its name there.
        value: the module, or the object in it.
        seconds: how long the import took; 0 if it did not come to an end.
        modules: how many modules came with it.
        packages: packages that came with it and belong neither to Python nor to Claif.
        hooks: the hooks that it implements.
        problems: what is wrong; empty if it is good.
        notes: what is worth knowing.
    """

    group: str
    name: str
    value: str
    seconds: float
    modules: int
    packages: tuple[str, ...]
    hooks: tuple[str, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]


async def try_parts(parts: Sequence[EntryPoint], *, timeout: float, path: Sequence[str] = ()) -> list[Trial]:
    """Import each part in a child process of its own, a few at a time.

    Args:
        parts: the entry points.
        timeout: seconds for each, the start of its interpreter included.
        path: folders to search before the installed packages.
    """
    trials: dict[int, Trial] = {}
    limiter = trio.CapacityLimiter(AT_ONCE)

    async def one(number: int, part: EntryPoint) -> None:
        async with limiter:
            trials[number] = await try_part(part, timeout=timeout, path=path)

    async with trio.open_nursery() as nursery:
        for number, part in enumerate(parts):
            nursery.start_soon(one, number, part)
    return [trials[number] for number in range(len(parts))]


async def try_part(part: EntryPoint, *, timeout: float, path: Sequence[str] = ()) -> Trial:
    """Import one part; see `try_parts`."""
    with TemporaryDirectory(prefix="claif-trial-") as folder:
        report = Path(folder, "report.json")
        # -P: what lies in the working directory has no business here.
        command = [sys.executable, "-P", "-m", "claif.plugin.trial_child", part.group, part.value]
        logger.info("importing {} in a process of its own", part.value)
        child = await _run([*command, str(report), json.dumps(list(path))], timeout)
        data = _read(report) or {"seconds": 0.0, "loaded": [], "hooks": [], "problems": [child.end(timeout)]}
    loaded: list[str] = data["loaded"]
    problems: list[str] = data["problems"]
    notes: list[str] = []
    if part.group == HOOKS and (heavy := heavy_among(loaded)):
        problems.append(
            f"It imports {', '.join(heavy)}, which every query waits for: import inside the functions that need it."
        )
    if child.out.strip():
        problems.append(f"It writes to standard output, into every answer: {_excerpt(child.out)}")
    if child.err.strip():
        notes.append(f"It writes to standard error: {_excerpt(child.err)}")
    if data["seconds"] > SLOW:
        notes.append(f"Its import took {data['seconds'] * 1000:.0f} ms.")
    own = {"claif", *sys.stdlib_module_names}
    packages = sorted({name.partition(".")[0] for name in loaded} - own)
    hooks = tuple(sorted(data["hooks"]))
    return Trial(*part, data["seconds"], len(loaded), tuple(packages), hooks, tuple(problems), tuple(notes))


def _read(report: Path) -> dict[str, Any] | None:
    try:
        data: dict[str, Any] = json.loads(report.read_bytes())
    except (OSError, ValueError):
        return None
    return data


class _Child(NamedTuple):
    """How a child ended: its exit code, `None` if it was killed at its limit, and what it wrote."""

    code: int | None
    out: bytes
    err: bytes

    def end(self, timeout: float) -> str:
        """Why there is no report."""
        if self.code is None:
            return f"Its import takes longer than {timeout:g} s."
        if self.code >= 0:
            return f"Its import ended the process with exit code {self.code}."
        try:
            name = signal.Signals(-self.code).name
        except ValueError:
            name = f"signal {-self.code}"
        return f"Its import killed the process ({name})."


async def _run(command: Sequence[str], timeout: float) -> _Child:
    out, err = bytearray(), bytearray()
    process = await trio.lowlevel.open_process(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    async with trio.open_nursery() as nursery:
        for stream, kept in ((process.stdout, out), (process.stderr, err)):
            if stream is not None:
                nursery.start_soon(_drain, stream, kept)
        try:
            with trio.move_on_after(timeout) as limit:
                await process.wait()
        finally:
            _kill(process)
            with trio.move_on_after(GRACE, shield=True):
                await process.wait()
        # A grandchild that has made itself a session of its own may keep the pipes open for ever.
        nursery.cancel_scope.deadline = trio.current_time() + GRACE
    return _Child(None if limit.cancelled_caught else process.returncode, bytes(out), bytes(err))


async def _drain(stream: trio.abc.ReceiveStream, kept: bytearray) -> None:
    async for data in stream:
        kept += data[: max(0, MOST_BYTES - len(kept))]


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


def _excerpt(data: bytes) -> str:
    line = data.decode("utf-8", "replace").strip().splitlines()[0]
    return f"{printable(line)[:100]!r}."
