"""The user's editor: which one it is, and running it."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ..errors import ConfigurationError, DependencyError

_USUAL = ("notepad",) if os.name == "nt" else ("sensible-editor", "nano", "vim", "vi")
_HINT = 'Set it, for example: export EDITOR=nano, or export EDITOR="code --wait".'


def editor_command(environ: Mapping[str, str]) -> list[str]:
    """The editor and its arguments: `VISUAL`, else `EDITOR`, else one that is usual here.

    Raises:
        ConfigurationError: the variable is no command line.
        DependencyError: there is no editor.
    """
    for variable in ("VISUAL", "EDITOR"):
        if text := environ.get(variable, "").strip():
            try:
                return shlex.split(text, posix=os.name != "nt")
            except ValueError as error:
                raise ConfigurationError(f"{variable} is not a command line ({error}).", hint=_HINT) from None
    for name in _USUAL:
        if found := shutil.which(name):
            return [found]
    raise DependencyError("There is no editor: neither VISUAL nor EDITOR is set.", hint=_HINT)


def run_editor(command: list[str], file: Path) -> None:
    """Let the user edit a file, until the editor ends.

    Raises:
        DependencyError: the editor cannot be started.
        ConfigurationError: it failed.
    """
    try:
        with _ctrl_c_is_the_editors():
            code = subprocess.run([*command, str(file)], check=False).returncode  # noqa: S603 - the user's own command
    except OSError as error:
        raise DependencyError(f"The editor {command[0]} cannot be started ({error.strerror}).", hint=_HINT) from None
    if code:
        how = f"was ended by the signal {-code}" if code < 0 else f"ended with the status {code}"
        raise ConfigurationError(f"The editor {command[0]} {how}.", hint="Nothing was written.")


@contextmanager
def _ctrl_c_is_the_editors() -> Iterator[None]:
    # A handler, because the editor would inherit that the signal is ignored.
    previous = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
