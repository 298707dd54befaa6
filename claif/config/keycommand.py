"""Keys from a command, such as a password manager's: run without a shell, within bounds, its output for nobody else."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from contextlib import nullcontext

from ..errors import MissingAPIKeyError
from .bounded import call_bounded

TIMEOUT = 10.0
"""Seconds that a command may take: long enough to touch a sensor, too short to go unnoticed."""
LIMIT = 16 * 1024
"""Bytes of output that are accepted."""


def run_key_command(command: Sequence[str], name: str, alive: Callable[[], None]) -> str:
    """What the command prints, without white space around it.

    Args:
        command: the program and its arguments.
        name: the setting that names the command, for errors.
        alive: called now and then; whatever it raises ends the command.

    Raises:
        MissingAPIKeyError: there is no such program, it failed, took too long, or printed nothing that is a key. What
            it printed is not shown.
    """
    program = find_program(command[0], name)
    # Standard error goes nowhere: a password manager in trouble may print what it should keep.
    process = _start([program, *command[1:]], name, command)
    try:
        output = call_bounded(lambda: _read(process), TIMEOUT, alive)
    except TimeoutError:
        raise _failed(name, command, f"took longer than {TIMEOUT:g} s") from None
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
    if len(output) > LIMIT:
        raise _failed(name, command, f"printed more than {LIMIT // 1024} KiB")
    if process.returncode != 0:
        raise _failed(name, command, f"ended with exit code {process.returncode}")
    try:
        text = output.decode().strip()
    except UnicodeDecodeError:
        raise _failed(name, command, "printed something that is no text") from None
    if not text or not text.isprintable():
        raise _failed(name, command, "printed more than one line" if text else "printed nothing")
    return text


def _start(arguments: Sequence[str], name: str, command: Sequence[str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - the user's own file names it
            arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
        )
    except OSError as error:
        raise _failed(name, command, f"cannot be started ({error.strerror})") from None


def _read(process: subprocess.Popen[bytes]) -> bytes:
    """All that is printed, up to one byte more than is accepted, and the end of the process."""
    with process.stdout or nullcontext() as pipe:
        parts: list[bytes] = []
        left = LIMIT + 1
        while pipe and left > 0 and (part := pipe.read(left)):
            parts.append(part)
            left -= len(part)
    if left > 0:
        process.wait()
    return b"".join(parts)


def find_program(program: str, name: str) -> str:
    """The absolute path of a program on the PATH; the working directory and relative entries do not count.

    Args:
        program: what is named as the program.
        name: the setting that names it, for errors.

    Raises:
        MissingAPIKeyError: there is no such program.
    """
    if os.path.isabs(program):
        return program
    if os.path.dirname(program):
        raise MissingAPIKeyError(
            f"The command of {name} is a relative path.", hint="Write its absolute path, or a name that is on the PATH."
        )
    from shutil import which

    entries = [entry for entry in os.environ.get("PATH", os.defpath).split(os.pathsep) if os.path.isabs(entry)]
    found = which(program, path=os.pathsep.join(entries))
    if found is None:
        raise MissingAPIKeyError(
            f"The command {program} of {name} is not installed.", hint=f"Install it, or change {name} in your file."
        )
    return os.path.abspath(found)


def _failed(name: str, command: Sequence[str], what: str) -> MissingAPIKeyError:
    # Its arguments are not shown: some put a token there.
    return MissingAPIKeyError(
        f"The command {os.path.basename(command[0])} of {name} {what}.",
        hint=f"Run it in a shell, where it says why; `claif config get {name}` shows it.",
    )
