"""Where the answer for each file goes: to a file of the same name below another folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from ...errors import InvalidQueryError


def output_places(files: Iterable[str], out: str | None, *, as_json: bool) -> Mapping[str, str]:
    """The path of the answer for each file; empty paths without a folder.

    A file below the current folder has its answer at the same place below `out`, any other at its whole path below it.
    The answer is named as the file, and ends in `.md` or `.json`.

    Args:
        files: the paths of the files.
        out: the folder for the answers, if they are written to files.
        as_json: whether the answers are JSON.

    Raises:
        InvalidQueryError: two answers would have one place, or an answer would take the place of a file.
    """
    names = list(files)
    if out is None:
        return dict.fromkeys(names, "")
    suffix = ".json" if as_json else ".md"
    taken = {os.path.realpath(name): name for name in names}
    places: dict[str, str] = {}
    for name in names:
        place = os.path.join(out, _inside(name))
        if not place.endswith(suffix):
            place += suffix
        other = taken.setdefault(os.path.realpath(place), name)
        if other is not name or os.path.realpath(place) == os.path.realpath(name):
            raise InvalidQueryError(
                f"The answer for {name[:200]!r} would take the place of {other[:200]!r} or its answer.",
                hint="Give another folder with --out, or ask for fewer files at once.",
            )
        places[name] = place
    return places


def _inside(path: str) -> str:
    """The path relative to the current folder if it is below it, else the whole path without its root."""
    absolute = os.path.abspath(path)
    try:
        relative = os.path.relpath(absolute)
    except ValueError:  # on another drive
        relative = os.pardir
    if relative.split(os.sep)[0] != os.pardir:
        return relative
    return os.path.splitdrive(absolute)[1].lstrip(os.sep)
