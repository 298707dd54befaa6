"""Programs: which folders must be seen for a program to run, should they lie where the child sees nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from .paths import real_path

_FIRST_LINE = 256
"""Bytes of a script that the kernel reads for its interpreter."""
_DEEPEST = 4
_BINARIES = {"bin", "sbin", "Scripts"}


def visible_path(program: Path) -> Path:
    """The path of a program without symbolic links in its folders; the last one stays, for some go by their name."""
    return real_path(program.parent, strict=False) / program.name


def needed(program: Path, environment: Mapping[str, str], *, depth: int = _DEEPEST) -> Iterator[Path]:
    """Files and folders that a program needs: its own folder, that of the file it leads to, and its interpreter's.

    Args:
        program: its absolute path.
        environment: the child's variables, where `env` finds interpreters.
        depth: how many interpreters of interpreters are followed.
    """
    yield own_folder(visible_path(program))
    yield own_folder(real_path(program, strict=False))
    # The links in between may name folders that are needed too, as in virtual environments.
    link = visible_path(program)
    for _ in range(depth):
        try:
            link = visible_path(link.parent / os.readlink(link))
        except OSError:
            break
        yield own_folder(link)
    interpreter = _interpreter(program, environment) if depth else None
    if interpreter is not None:
        yield from needed(interpreter, environment, depth=depth - 1)


def own_folder(program: Path) -> Path:
    """The folder that belongs to a program: the tree of its packages, or its prefix, or just where it lies.

    Args:
        program: its absolute path, without symbolic links in its folders.
    """
    for parent in reversed(program.parents):
        if parent.name == "node_modules":
            return parent
    folder = program.parent
    prefix = folder.parent
    # /tmp/bin belongs to no prefix: all of /tmp would be seen.
    return prefix if folder.name in _BINARIES and len(prefix.parts) > 2 else folder  # noqa: PLR2004 - below the top


def _interpreter(program: Path, environment: Mapping[str, str]) -> Path | None:
    try:
        with open(program, "rb") as file:
            line = file.read(_FIRST_LINE).split(b"\n", 1)[0]
    except OSError:
        return None
    if not line.startswith(b"#!"):
        return None
    words = os.fsdecode(line[2:]).split()
    if len(words) > 1 and os.path.basename(words[0]) == "env":
        name = next((word for word in words[1:] if not word.startswith("-") and "=" not in word), "")
        return _on_path(name, environment)
    return Path(words[0]) if words and os.path.isabs(words[0]) else None


def _on_path(name: str, environment: Mapping[str, str]) -> Path | None:
    for entry in environment.get("PATH", os.defpath).split(os.pathsep):
        path = Path(entry, name)
        if name and os.path.isabs(entry) and os.access(path, os.X_OK):
            return path
    return None
