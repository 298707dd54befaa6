"""Checks of Claif's folder: who may read and change what is in it, and whether there is room."""

from __future__ import annotations

import os
import shutil
import stat
from typing import TYPE_CHECKING

from ..finding import Finding, Verdict
from ..system import HAS_OWNERS, belongs_to_others

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .machine import Machine

LITTLE = 500 * 10**6
"""Bytes; the embedded model takes 100 MB, and as much again while it is fetched."""
TOO_LITTLE = 20 * 10**6

_OTHERS = 0o077
_WRITERS = 0o022


def permissions(machine: Machine) -> Iterator[Finding]:
    """Who may read and change Claif's folder and what is in it."""
    home = machine.home
    try:
        status = home.stat()
    except FileNotFoundError:
        yield Finding("folder", "ok", f"{home} is made when it is needed")
        return
    except OSError as error:
        yield Finding("folder", "fail", f"{home} cannot be looked at ({error.strerror}).", _take(home))
        return
    if not stat.S_ISDIR(status.st_mode):
        yield Finding("folder", "fail", f"{home} is not a folder.", f"mv {_quoted(home)} {_quoted(home)}.old")
        return
    problems = list(_problems(home, status, _OTHERS, 0o700, "folder"))
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        remedy = _take(home) if belongs_to_others(status) else f"chmod 700 {_quoted(home)}"
        yield Finding("folder", "fail", f"You may not read or write {home} ({_mode(status)}).", remedy)
        return
    yield from problems or [Finding("folder", "ok", str(home))]
    for name, forbidden, wanted in (
        ("config.toml", _WRITERS, 0o600),
        ("keys.json", _OTHERS, 0o600),
        ("models", _WRITERS, 0o700),
        ("programs", _WRITERS, 0o700),
    ):
        yield from _inside(home / name, forbidden, wanted)


def _inside(path: Path, forbidden: int, wanted: int) -> Iterator[Finding]:
    try:
        status = path.stat()
    except FileNotFoundError:
        return
    except OSError as error:
        yield Finding(path.name, "fail", f"{path} cannot be looked at ({error.strerror}).", _take(path.parent))
        return
    problems = list(_problems(path, status, forbidden, wanted, path.name))
    if not os.access(path, os.R_OK):
        problems.append(Finding(path.name, "fail", f"You may not read {path}.", _take(path)))
    yield from problems or [Finding(path.name, "ok", f"{path} ({_mode(status)})" if HAS_OWNERS else str(path))]


def _problems(path: Path, status: os.stat_result, forbidden: int, wanted: int, name: str) -> Iterator[Finding]:
    """What is wrong with the owner and the mode; where the system has no such thing, nothing can be."""
    if not HAS_OWNERS:
        return
    if belongs_to_others(status, trust_root=True):
        yield Finding(name, "fail", f"{path} belongs to another user (number {status.st_uid}).", _take(path))
    if status.st_mode & forbidden:
        # Others who may only look into the folder see names, not keys: every file in it has a mode of its own.
        state: Verdict = "fail" if status.st_mode & _WRITERS or name == "keys.json" else "warn"
        may = "change" if status.st_mode & _WRITERS else "read"
        yield Finding(name, state, f"Others can {may} {path} ({_mode(status)}).", f"chmod {wanted:o} {_quoted(path)}")


def _mode(status: os.stat_result) -> str:
    return f"mode {stat.S_IMODE(status.st_mode):04o}"


def _take(path: Path) -> str:
    return f'sudo chown -R "$USER" {_quoted(path)}' if HAS_OWNERS else f"Make {path} yours."


def _quoted(path: Path) -> str:
    from shlex import quote

    return quote(str(path))


def space(machine: Machine) -> Iterator[Finding]:
    """Room on the disk of Claif's folder."""
    place = machine.home
    # Not Path.exists, which raises where it may not look.
    while not os.path.exists(place) and place != place.parent:
        place = place.parent
    free = shutil.disk_usage(place).free
    text = f"{free / 1e9:.1f} GB free at {place}"
    if free >= LITTLE:
        yield Finding("disk", "ok", text)
        return
    remedy = "Free some, or move Claif's folder to another disk with CLAIF_HOME."
    yield Finding("disk", "fail" if free < TOO_LITTLE else "warn", text, remedy)
