"""A fake program on disk: its file, what it was run with, and which of its processes live."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from .executable import write_executable
from .program.voice import MARK


@frozen
class Run:
    """One run of a fake program.

    Attributes:
        arguments: what followed its name.
        environment: its variables.
        directory: where it ran.
        descriptors: what was open, by number; empty where the system does not tell.
        pid: its process id, in its own namespace.
        user: its user id.
        read: what it read from standard input, by lines.
        end: how it ended: `end of input`, `done` or `SIGTERM`; `None` if it was killed or lives.
    """

    arguments: list[str]
    environment: Mapping[str, str]
    directory: Path
    descriptors: Mapping[int, str]
    pid: int
    user: int
    read: list[str]
    end: str | None

    @property
    def records(self) -> list[dict[str, Any]]:
        """What it read, as JSON data."""
        return [json.loads(line) for line in self.read]


class FakeProgram:
    """An executable file with its script beside it.

    Args:
        path: of the file; its folder is made.
        script: what the JSON file beside it says.
        interpreter: a Python for users who may not run this one.

    Attributes:
        program: the absolute path of the file.
    """

    def __init__(
        self, path: Path, script: Mapping[str, Any], interpreter: str | os.PathLike[str] | None = None
    ) -> None:
        self.program = path.absolute()
        self._runs = Path(f"{self.program}.runs")
        # The program looks for what is beside it where it really is.
        self._runs.mkdir(parents=True, exist_ok=True)
        Path(f"{self.program}.json").write_text(json.dumps(script), encoding="utf-8")
        write_executable(self.program, interpreter)

    @property
    def runs(self) -> list[Run]:
        """Its runs so far, in order; those are missing that could not write beside the program, as in a sandbox."""
        return [_run(path.read_text(encoding="utf-8").splitlines()) for path in sorted(self._runs.iterdir())]

    def processes(self) -> list[int]:
        """Ids of the processes that run it now, with its children and commands; empty where the system does not tell.

        Whatever has the program's path among its arguments counts, such as a sandbox around it.
        """
        path = os.fsencode(self.program)
        marked = f"{MARK}={self.program.resolve()}".encode()
        return [
            int(process.name)
            for process in Path("/proc").glob("[0-9]*")
            if int(process.name) != os.getpid()
            and (marked in _environment(process) or path in _parts(process / "cmdline"))
        ]


def _environment(process: Path, patience: float = 0.2) -> list[bytes]:
    """What a process was given; while it becomes another program it has nothing, which is waited for.

    Args:
        process: its folder below `/proc`.
        patience: how long that may take, in seconds.
    """
    until = time.monotonic() + patience
    while (found := _parts(process / "environ")) == [b""] and _has_program(process) and time.monotonic() < until:
        time.sleep(0.001)
    return found


def _has_program(process: Path) -> bool:
    """Whether it is neither a thread of the kernel nor a process that has ended."""
    try:
        return bool((process / "exe").readlink())
    except OSError:
        return False


def _parts(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().split(b"\0")
    except OSError:
        return []  # it has just ended, or is somebody else's


def _run(lines: Iterable[str]) -> Run:
    written = [json.loads(line) for line in lines]
    given = written[0]["given"]
    return Run(
        arguments=given["arguments"],
        environment=given["environment"],
        directory=Path(given["directory"]),
        descriptors={int(number): target for number, target in given["descriptors"].items()},
        pid=given["pid"],
        user=given["user"],
        read=[line["read"] for line in written if "read" in line],
        end=next((line["end"] for line in written if "end" in line), None),
    )
