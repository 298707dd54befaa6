"""The last good value of a source: kept on disk for the time when the source cannot be asked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from time import time
from typing import Any, NamedTuple

from .._json import dumps, loads
from ..errors import ClaifError
from .dotted import join
from .files import make_private_folder, read_text, write_private
from .limits import MAX_FILE_BYTES, find_excess
from .loader import ConfigLoader
from .merge import SourceTable, walk
from .places import is_secret
from .secret import Secret

FOLDERS = ("cache", "sources")
"""Where the values are, below Claif's own folder."""

_CLOCK_STEP = 2.0
"""Seconds by which file systems round, and clocks differ, without anybody having set them back."""

_AGES = ((86_400, "day"), (3600, "hour"), (60, "minute"))


class Kept(NamedTuple):
    """A value that was kept, and how many seconds ago it was still what the source said.

    `dated` is false if the file claims to be from the future, so that its age means nothing.
    """

    table: Mapping[str, Any]
    age: float
    dated: bool = True


def place(home: Path, name: str, cache: str) -> Path:
    """The file for the source of this name that keeps its values under `cache`."""
    key = sha256(f"{name}\0{cache}".encode()).hexdigest()
    return home.joinpath(*FOLDERS, f"{key}.json")


def objection(name: str, table: Mapping[str, Any], home: Path) -> str | None:
    """Why a table is not good enough to be kept; `None` if it is.

    A secret would lie on the disk in clear, and a reference to one would let the source choose where the key goes. What
    would make the configuration invalid must not take the place of what does not.
    """
    if excess := find_excess(table):
        return excess
    if secret := secret_in(table):
        return f"{secret}: a source whose values are kept may not set keys or other secrets"
    try:
        ConfigLoader(home=home).build([SourceTable(name, 0, table)])
    except ClaifError as error:
        return error.message
    return None


def secret_in(table: Mapping[str, Any]) -> str | None:
    """The dotted name of a secret that a table sets, in whatever form; `None` if it sets none."""
    for path, value in walk(table):
        secret = next((path[:end] for end in range(1, len(path) + 1) if is_secret(path[:end])), None)
        if secret or isinstance(value, Secret):
            return join(secret or path)
    return None


def keep(file: Path, table: Mapping[str, Any]) -> None:
    """Keep a good value; that it is still the same is noted by the file's time.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    text = dumps(table).decode()
    if len(text.encode()) > MAX_FILE_BYTES:
        return  # it could not be read again
    with suppress(ClaifError, OSError):
        found = read_text(file, private=True)
        if found is not None and found.text == text and not file.is_symlink():
            os.utime(file)
            return
    for folder in reversed(file.parents[: len(FOLDERS) + 1]):
        make_private_folder(folder)
    write_private(file, text)


def recall(file: Path, name: str, home: Path) -> Kept | None:
    """The value that was kept; `None` if there is none, or none that can be trusted."""
    try:
        found = read_text(file, private=True)
        if found is None:
            return None
        table = loads(found.text)
        kept_at = file.stat().st_mtime
    except (ClaifError, OSError):
        return None
    if not isinstance(table, dict) or objection(name, table, home):
        return None
    age = time() - kept_at
    return Kept(table, max(0.0, age), dated=age >= -_CLOCK_STEP)


def age_text(seconds: float) -> str:
    """An age for people: the largest unit that fits."""
    for size, unit in _AGES:
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return "less than a minute"
