"""Writes the executable file of a fake CLI: its modules in an archive that the interpreter runs."""

from __future__ import annotations

import io
import os
import sys
import zipfile
from pathlib import Path

SOURCES = Path(__file__).with_name("program")
START = "from program.main import main\nmain()\n"
LONGEST = 126
"""Bytes of the first line that every system reads."""


def write_executable(path: Path, interpreter: str | os.PathLike[str] | None = None) -> None:
    """Write the program.

    It runs isolated and without `site`, so that it starts fast and finds nothing of whoever runs it. The interpreter
    is that behind a virtual environment, because a sandbox may not show the environment.

    Args:
        path: of the file.
        interpreter: a Python, for users who may not run this one.

    Raises:
        ValueError: the interpreter's path cannot stand in the first line of a program.
    """
    python = os.fspath(interpreter or Path(sys.executable).resolve())
    # A first line has one argument at most, so that -I and -S are one.
    head = f"#!{python} -IS\n".encode()
    if len(head) > LONGEST or " " in python:
        raise ValueError(f"{python} cannot stand in the first line of a program: it is too long or has a space")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("__main__.py", START)
        for source in sorted(SOURCES.glob("*.py")):
            file.writestr(f"program/{source.name}", source.read_bytes())
    path.write_bytes(head + archive.getvalue())
    path.chmod(0o755)
