"""The place of a program in Claif's folder: a new one takes the old one's place at once, or not at all."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from attrs import asdict

from ..agents.programs import RECORD, Installed
from ..config.files import write_private
from ..downloads.folder import remove
from ..errors import ConfigurationError, InstallError


def settle(part: Path, record: Installed, place: Path, name: str) -> None:
    """Put a program that is complete where it is found from now on; what was there before is removed.

    Args:
        part: the folder that has it; it is renamed.
        record: what is told of it.
        place: the folder of the programs of its name.
        name: how a link to it in the folder is called, for people; programs go by the record.

    Raises:
        InstallError: the record cannot be written.
        OSError: it cannot be put there.
    """
    _sync(part / record.program)
    place.mkdir(mode=0o700, exist_ok=True)
    part.rename(place / record.folder)
    # Until here nothing has changed, and from here on the new one is used.
    try:
        write_private(place / RECORD, json.dumps(asdict(record)))
    except ConfigurationError as error:
        raise InstallError(error.message, hint=error.hint) from error
    for old in place.iterdir():
        if old.name not in {record.folder, RECORD}:
            remove(old)
    with suppress(OSError):  # on Windows only some may make links
        (place / name).symlink_to(Path(record.folder, record.program))


def _sync(path: Path) -> None:
    """Have the program on the disk before anything says that it is there."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def shown(place: Path, name: str, program: Path) -> Path:
    """The path of a program for people: the link, which stays the same, if it leads there."""
    link = place / name
    return link if os.path.realpath(link) == os.path.realpath(program) else program


def clear(place: Path) -> None:
    """Remove a program with its place.

    Raises:
        InstallError: something of it is left.
    """
    # Without its record it is no longer found; then what is left harms nobody.
    (place / RECORD).unlink(missing_ok=True)
    remove(place)
    if place.exists():
        raise InstallError(f"{place} cannot be removed completely.", hint="End what runs from there, then try again.")
