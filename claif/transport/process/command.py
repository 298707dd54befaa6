"""Commands: what is run, with checked arguments; prompts and secrets never are arguments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import field, frozen

from ...errors import InvalidQueryError

if TYPE_CHECKING:
    from ...config.secret import Secret

_FLAG = re.compile(r"--?[A-Za-z][A-Za-z0-9-]*")
_IDENTIFIER = re.compile(r"[A-Za-z0-9][\w.:/@+-]{0,199}", re.ASCII)


def _arguments(arguments: Iterable[str]) -> tuple[str, ...]:
    return tuple(arguments)


@frozen(kw_only=True)
class Command:
    """A program and how it is started.

    Args:
        program: its absolute path.
        interpreter: the absolute path of the program that runs it, if it is a script that the system cannot run itself.
        arguments: what follows it; everybody on the machine can read it.
        environment: variables beside those that every child gets; a value may be a `Secret`.
        directory: its working directory, absolute.
        leaf: whether it is known to start no Claif, so that nobody has to see to it that this comes to an end.
    """

    program: Path
    interpreter: Path | None = None
    arguments: tuple[str, ...] = field(default=(), converter=_arguments)
    environment: Mapping[str, str | Secret] = field(factory=dict)
    directory: Path
    leaf: bool = False

    @property
    def files(self) -> tuple[Path, ...]:
        """What is run: the program, after its interpreter."""
        return (self.program,) if self.interpreter is None else (self.interpreter, self.program)


def flag(name: str, value: str) -> str:
    """`--name=value` as one argument, so that a value never is taken for another option.

    Args:
        name: the option with its dashes.
        value: its value, of any text without NUL.

    Raises:
        InvalidQueryError: the value cannot be an argument.
    """
    assert _FLAG.fullmatch(name), name  # noqa: S101 - options are written in code, not read
    if "\0" in value:
        raise InvalidQueryError(f"The value of {name} has a NUL character.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidQueryError(f"The value of {name} is not valid Unicode.") from None
    return f"{name}={value}"


def identifier(value: str, what: str) -> str:
    """A model, session or server name that can safely be an argument.

    Raises:
        InvalidQueryError: it begins with a dash, is too long or has other characters.
    """
    if not _IDENTIFIER.fullmatch(value) or ".." in value.split("/"):
        raise InvalidQueryError(
            f"{value[:80]!r} cannot be the {what}.",
            hint="It begins with a letter or digit and has at most 200 letters, digits and . : / @ + - _",
        )
    return value
