"""Why a program could not be started, in the words of the user."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from ...errors import ClaifError, DependencyError, InvalidQueryError, PermissionError

if TYPE_CHECKING:
    from .command import Command

_TOO_MANY = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)


def check(command: Command) -> None:
    """See to it that a command can be run, as far as can be told before; under a sandbox it would be told late.

    Raises:
        InvalidQueryError: its working directory is not there, or an argument cannot be passed on.
        DependencyError: the program is not there.
    """
    if not (os.path.isdir(command.directory) and all(os.path.isfile(file) for file in command.files)):
        raise spawn_failure(errno.ENOENT, command)
    for argument in command.arguments:
        try:
            usable = b"\0" not in os.fsencode(argument)
        except UnicodeEncodeError:
            usable = False
        if not usable:
            raise InvalidQueryError(f"An argument of {command.program.name} has a NUL or is not valid Unicode.")


def spawn_failure(number: int | None, command: Command) -> ClaifError:
    """Why a program could not be started; the system says "not found" of several things.

    Args:
        number: the `errno`.
        command: what was to be run.
    """
    program, reason = command.program, os.strerror(number or errno.EIO)
    if not os.path.isdir(command.directory):
        return InvalidQueryError(
            f"The working directory {command.directory} does not exist.", hint="Name another one with --directory."
        )
    if number == errno.ENOENT and os.path.exists(program):
        return DependencyError(
            f"The program {program} cannot be run: what its first line names to run it is not there.",
            hint="Is it a script for Node.js, which is missing, or for another system?",
        )
    if number == errno.E2BIG:
        return InvalidQueryError(
            "The program's arguments and variables are too long.", hint="Shorten the instructions."
        )
    if number in _TOO_MANY:
        return PermissionError(
            f"No process can be started now ({reason}).", hint="Too many run; end some, or raise the limit."
        )
    return DependencyError(f"The program {program} cannot be run ({reason}).", hint="Install it anew.")
