"""A fake program on disk: its file, what it was run with, and which of its processes live."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from ...transport.process.tree import arguments, environment, processes
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
        """Its runs so far, in order; those are missing that could not write beside the program, as in a sandbox.

        So is one that has only just begun, and the line that is being written.
        """
        texts = [path.read_bytes().decode() for path in sorted(self._runs.iterdir())]
        return [_run(text.split("\n")[:-1]) for text in texts if "\n" in text]

    def processes(self) -> list[int]:
        """Ids of the processes that run it now, with its children and commands; empty where the system does not tell.

        Whatever has the program's path among its arguments counts, such as a sandbox around it.
        """
        path = os.fsencode(self.program)
        marked = f"{MARK}={self.program.resolve()}".encode()
        return [
            pid for pid in processes() if pid != os.getpid() and (marked in environment(pid) or path in arguments(pid))
        ]


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
