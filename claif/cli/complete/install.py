"""Where each shell looks for a user's completion scripts, and putting ours there."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from ...config.files import read_text, write_private
from ...errors import ConfigurationError, InstallError

SHELLS = ("bash", "zsh", "fish")

MARK = "# Written by `claif completion`; changes are lost."

PATIENCE = 10.0
"""Seconds that zsh has to tell where it looks."""

_LOADERS = (
    *("/usr/share/bash-completion/bash_completion", "/etc/bash_completion"),
    *("/usr/local/etc/profile.d/bash_completion.sh", "/opt/homebrew/etc/profile.d/bash_completion.sh"),
)
"""What reads a bash user's completion scripts when they are first needed."""


class Place(NamedTuple):
    """Where a script belongs, and what the user has to do so that the shell finds it; empty if nothing."""

    path: Path
    advice: str = ""


def script(shell: str) -> str:
    """The script for a shell."""
    from click.shell_completion import get_completion_class

    from ..root import root
    from .answer import VARIABLE, register

    register()
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - SHELLS are known to click
    text = kind(root, {}, "claif", VARIABLE).source()
    first, newline, rest = text.partition("\n")
    # zsh reads what a file completes from its first line.
    return f"{first}{newline}{MARK}\n{rest}" if first.startswith("#compdef") else f"{MARK}\n{text}"


def current_shell(environ: Mapping[str, str]) -> str | None:
    """The user's shell, if it is one that can be served."""
    name = Path(environ.get("SHELL", "")).name
    return name if name in SHELLS else None


def place(shell: str, environ: Mapping[str, str], home: Path) -> Place:
    """Where the script for a shell belongs.

    Args:
        shell: one of `SHELLS`.
        environ: the environment.
        home: the user's home.
    """
    data = _folder(environ, "XDG_DATA_HOME", home / ".local" / "share")
    if shell == "bash":
        folder = _folder(environ, "BASH_COMPLETION_USER_DIR", data / "bash-completion")
        path = folder / "completions" / "claif"
        if any(map(os.path.exists, _LOADERS)):
            return Place(path)
        return Place(path, f"bash-completion is not installed, so add this line to ~/.bashrc: source '{path}'")
    if shell == "fish":
        return Place(_folder(environ, "XDG_CONFIG_HOME", home / ".config") / "fish" / "completions" / "claif.fish")
    return _place_for_zsh(zsh_folders(environ), data / "zsh" / "site-functions", home)


def _folder(environ: Mapping[str, str], variable: str, usual: Path) -> Path:
    given = environ.get(variable, "")
    return Path(given) if os.path.isabs(given) else usual


def _place_for_zsh(folders: Iterable[Path], usual: Path, home: Path) -> Place:
    """The first folder of zsh's that is the user's own and can be written; else one that has to be told to zsh."""
    for folder in folders:
        if folder.is_relative_to(home) and folder.is_dir() and os.access(folder, os.W_OK):
            return Place(folder / "_claif")
    return Place(
        usual / "_claif",
        f"zsh does not look there yet. Add to ~/.zshrc, before compinit: fpath=('{usual}' $fpath); "
        "and if there is no compinit: autoload -Uz compinit && compinit",
    )


def zsh_folders(environ: Mapping[str, str]) -> list[Path]:
    """The folders in which the user's zsh looks for functions; none if it does not tell in time."""
    zsh = shutil.which("zsh", path=environ.get("PATH"))
    if zsh is None:
        return []
    try:
        done = subprocess.run(  # noqa: S603 - the user's shell, which reads the user's own settings
            [zsh, "-ic", "print -rl -- claif-begin $fpath"],
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
            start_new_session=True,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    lines = done.stdout.decode("utf-8", "surrogateescape").partition("claif-begin\n")[2].splitlines()
    return [Path(line) for line in lines if os.path.isabs(line)]


def install(path: Path, text: str) -> bool:
    """Put a script in its place, at once or not at all.

    Returns:
        Whether anything had to be done.

    Raises:
        InstallError: something else is there, or it cannot be written.
    """
    old = _ours(path)
    if old == text:
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_private(path, text)
    except (ConfigurationError, OSError) as error:
        reason = error.message if isinstance(error, ConfigurationError) else f"{path}: {error.strerror}"
        raise InstallError(
            f"The completion script cannot be installed: {reason}",
            hint="Without --install it is printed; put it where your shell reads it.",
        ) from error
    return True


def uninstall(path: Path) -> bool:
    """Remove a script.

    Returns:
        Whether it was there.

    Raises:
        InstallError: something else is there, or it cannot be removed.
    """
    if _ours(path) is None:
        return False
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise InstallError(f"{path} cannot be removed ({error.strerror}).", hint="Remove it by hand.") from error
    return True


def _ours(path: Path) -> str | None:
    """The text of our script, if it is there."""
    try:
        file = read_text(path)
    except ConfigurationError as error:
        raise InstallError(error.message, hint=f"Remove {path}, then try again.") from error
    if file is None:
        return None
    if MARK not in file.text:
        raise InstallError(
            f"{path} is there already, and Claif has not written it.", hint="Move it away, then try again."
        )
    return file.text
