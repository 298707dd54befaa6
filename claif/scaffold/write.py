"""Writes a new project: all of it or nothing, and never over something that is there."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ..errors import PluginError


def write_project(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files into a folder that does not exist yet, or is empty.

    They are written beside it and moved there at once, so that nobody ever sees half a project.

    Args:
        folder: the project's folder; its parent exists.
        files: path inside the folder -> text.

    Raises:
        PluginError: there is something at this place, or it cannot be written.
    """
    folder = Path(os.path.abspath(folder))
    refuse_what_exists(folder)
    parent = folder.parent
    if not parent.is_dir():
        raise PluginError(f"The folder {parent} does not exist.", hint=f"Make it first: mkdir -p {parent}")
    temporary = ""
    try:
        temporary = tempfile.mkdtemp(prefix=f".{folder.name}.", dir=parent)
        _fill(Path(temporary), files)
        if sys.platform == "win32" and folder.is_dir():
            folder.rmdir()  # only an empty folder can be; elsewhere the new one takes its place in one step
        os.rename(temporary, folder)
    except OSError as error:
        refuse_what_exists(folder)
        raise PluginError(
            f"The project cannot be written to {folder} ({error.strerror or error}).",
            hint="Choose another place with --directory.",
        ) from error
    finally:
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)


def refuse_what_exists(folder: Path) -> None:
    """Refuse a place where something is.

    Raises:
        PluginError: it is a file, a link, the working directory, or a folder that is not empty.
    """
    try:
        # A new folder takes the place of an empty one, which must not be where somebody works.
        free = not os.path.lexists(folder) or not (
            folder.is_symlink() or any(folder.iterdir()) or folder.samefile(Path.cwd())
        )
    except OSError:
        free = False
    if not free:
        raise PluginError(
            f"{folder} exists already, and nothing is ever overwritten.",
            hint="Choose another place with --directory, or remove what is there.",
        )


def _fill(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    mask = os.umask(0)
    os.umask(mask)
    folder.chmod(0o777 & ~mask)
