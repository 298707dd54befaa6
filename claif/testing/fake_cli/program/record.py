"""What a run of a fake CLI was like, written down beside the program if that is possible."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any


def surroundings() -> dict[str, Any]:
    """What the program was given: arguments, variables, directory, descriptors, and who it is."""
    return {
        "arguments": sys.argv[1:],
        "environment": dict(os.environ),
        "directory": os.getcwd(),
        "descriptors": descriptors(),
        "pid": os.getpid(),
        "user": os.getuid(),
    }


def descriptors() -> dict[str, str]:
    """The open descriptors and what they are; empty where the system does not tell."""
    found = {}
    try:
        names = os.listdir("/proc/self/fd")
    except OSError:
        return {}
    for name in names:
        try:
            found[name] = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue  # the one by which the folder was listed
    return found


class Record:
    """One file for each run; where it cannot be written, as in a sandbox, nothing is recorded.

    Args:
        folder: where the files are.
    """

    def __init__(self, folder: Path) -> None:
        # The process ids of two namespaces may be the same.
        self._path = folder / f"{time.time_ns()}-{os.getpid()}"

    def begin(self) -> None:
        """Write down what the program was given."""
        self._write({"given": surroundings()})

    def line(self, data: bytes) -> None:
        """Write down a line that was read."""
        self._write({"read": data.decode(errors="replace")})

    def end(self, how: str) -> None:
        """Write down how it ended; what ends otherwise was killed."""
        self._write({"end": how})

    def _write(self, what: dict[str, Any]) -> None:
        # Opened each time, so that the program has no descriptor that it was not given.
        with suppress(OSError), self._path.open("ab") as file:
            file.write(json.dumps(what).encode() + b"\n")
