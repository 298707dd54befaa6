"""A program that plays what a real CLI once wrote."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .program_file import FakeProgram


def replay(
    transcript: Path,
    directory: Path,
    *,
    code: int = 0,
    stderr: str = "",
    name: str = "",
    interpreter: str | os.PathLike[str] | None = None,
) -> FakeProgram:
    """Write a program that plays a transcript.

    A transcript `*.jsonl` is what one process wrote to standard output, byte by byte: the program writes it once it
    was asked, and ends. In one called `*.duplex`, lines that begin with `>> ` were written to standard input, the
    others read from standard output: the program waits for each of the former (what kind of line it is has to be the
    same, ids may differ), answers what else it is asked with an empty success, and ends after standard input does.

    Args:
        transcript: the file.
        directory: where the program is written.
        code: its exit code; a negative one ends it by that signal.
        stderr: what it writes to standard error.
        name: its file name; the first word of the transcript's otherwise, such as `claude`.
        interpreter: a Python for users who may not run this one.
    """
    script = {
        "protocol": "replay",
        "duplex": transcript.suffix == ".duplex",
        "exit": code,
        "stderr": stderr,
        "version": "",
        "logged_in": True,
        "stubborn": False,
        "at_start": [],
    }
    program = FakeProgram(directory / (name or transcript.name.partition("-")[0]), script, interpreter)
    # A sandbox shows what lies beside the program, and maybe not where the transcript is.
    shutil.copyfile(transcript, f"{program.program}.transcript")
    return program
