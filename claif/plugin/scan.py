"""Finds the distributions that extend Claif, by reading their entry points and importing nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .entry_points import GROUPS, EntryPoint, parse_entry_points

_MOST_BYTES = 64 * 1024
"""Of an `entry_points.txt`; the largest seen in practice has 20 KiB, and a larger buffer costs more than the file."""


class Distribution(NamedTuple):
    """An installed distribution: normalized name, version, metadata folder, and its entry points that are for us."""

    name: str
    version: str
    folder: str
    entry_points: tuple[EntryPoint, ...]


def normalize(name: str) -> str:
    """The one spelling of a distribution's name: lower case, words joined by single dashes."""
    return "-".join(name.lower().replace("_", "-").replace(".", "-").replace("-", " ").split())


def scan(path: Sequence[str] | None = None) -> list[Distribution]:
    """Find all distributions with entry points for Claif, sorted by name.

    The first distribution of a name on the path hides the others, as it does for `import`.

    Args:
        path: the folders to look into; `sys.path` when not given.
    """
    found: list[Distribution] = []
    seen: set[str] = set()
    for folder in _trusted(sys.path if path is None else path):
        try:
            entries = os.listdir(folder)
        except OSError:
            continue
        for entry in entries:
            if not entry.endswith((".dist-info", ".egg-info")):
                continue
            name, version = _identity(entry)
            # What begins with ~ is what an interrupted uninstallation left behind.
            if not name or name in seen or name.startswith("~"):
                continue
            seen.add(name)
            entry_points = _entry_points(f"{folder}/{entry}")
            if entry_points:
                found.append(Distribution(name, version, f"{folder}/{entry}", entry_points))
    found.sort()
    return found


def _identity(entry: str) -> tuple[str, str]:
    stem = entry.rpartition(".")[0]
    if entry.endswith(".egg-info"):
        stem = stem.rpartition("-py")[0] or stem
    name, dash, version = stem.partition("-")
    if entry.endswith(".dist-info") and not dash:
        return "", ""
    return normalize(name), version


def _entry_points(folder: str) -> tuple[EntryPoint, ...]:
    try:
        with open(f"{folder}/entry_points.txt", "rb", buffering=0) as file:
            data = file.read(_MOST_BYTES)
    except OSError:
        return ()
    if b"claif" not in data:
        return ()
    return tuple([point for point in parse_entry_points(data.decode("utf-8", "replace")) if point.group in GROUPS])


def _trusted(path: Sequence[str]) -> Iterator[str]:
    """Leave out the working directory and relative entries: whoever wrote these files did not install a plugin."""
    here = _identity_of(".")
    site: list[str] | None = None
    relative = {
        _identity_of(entry) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if not os.path.isabs(entry)
    }
    done: set[tuple[int, int]] = set()
    for entry in path:
        identity = _identity_of(entry)
        if identity is None or identity in done or not os.path.isabs(entry):
            continue
        if identity == here or identity in relative:
            if site is None:
                from site import getsitepackages

                site = getsitepackages()
            if entry not in site:
                continue
        done.add(identity)
        yield entry


def _identity_of(folder: str) -> tuple[int, int] | None:
    try:
        status = os.stat(folder or ".")
    except OSError:
        return None
    return status.st_dev, status.st_ino
