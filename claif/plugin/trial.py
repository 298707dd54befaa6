"""Imports parts of plugins on trial, each in a child process that is given a time limit and never outlives it."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import trio

from ..children import Ended, run_child
from ..logs import logger
from .entry_points import HOOKS, EntryPoint
from .guard import printable
from .heavy import heavy_among
from .state import SLOW

AT_ONCE = 2
"""Children that run at the same time: more would measure each other."""


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
        child = await run_child([*command, str(report), json.dumps(list(path))], timeout=timeout)
        data = _read(report) or {"seconds": 0.0, "loaded": [], "hooks": [], "problems": [_end(child, timeout)]}
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


def _end(child: Ended, timeout: float) -> str:
    """Why there is no report."""
    if child.code is None:
        return f"Its import takes longer than {timeout:g} s."
    if child.code >= 0:
        return f"Its import ended the process with exit code {child.code}."
    try:
        name = signal.Signals(-child.code).name
    except ValueError:
        name = f"signal {-child.code}"
    return f"Its import killed the process ({name})."


def _excerpt(data: bytes) -> str:
    line = data.decode("utf-8", "replace").strip().splitlines()[0]
    return f"{printable(line)[:100]!r}."
