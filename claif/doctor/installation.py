"""Checks of Claif itself: one installation, with all that it needs, and the one that the shell runs."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from .._version import __version__
from ..finding import Finding
from ..plugin.metadata import read_headers, requirement
from ..plugin.scan import normalize
from ..plugin.versions import satisfies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .machine import Machine

PACKAGE = Path(__file__).parents[1]
_MODULES = {"attrs": "attr"}
"""Distribution -> module, where they differ."""
_REPAIR = "pip install --force-reinstall claif"


def version(machine: Machine) -> Iterator[Finding]:
    """Claif's version, and whether there is another Claif."""
    found = list(_metadata(machine, "claif"))
    others = sorted({str(Path(entry, "claif")) for entry in machine.path if _has_package(entry)} - {str(PACKAGE)})
    others = [other for other in others if not _same(other)]
    yield Finding("version", "ok", f"{__version__}, {PACKAGE}")
    if others:
        yield Finding(
            "other installations",
            "warn",
            f"There is Claif also in {', '.join(others)}; the first on sys.path is used.",
            "Uninstall all with `pip uninstall claif` (once for each), then install one.",
        )
    versions = sorted({dict(read_headers(str(folder))).get("version", "") for folder in found} - {"", __version__})
    if versions:
        yield Finding(
            "metadata",
            "warn",
            f"pip takes it for version {', '.join(versions)}: files of two versions are mixed, or stale.",
            _REPAIR,
        )
    if left := _leftovers(machine):
        yield Finding(
            "leftovers", "warn", f"An interrupted uninstallation left {', '.join(left)}.", "Remove these folders."
        )


def _metadata(machine: Machine, name: str) -> Iterator[Path]:
    for folder in dict.fromkeys(map(os.path.realpath, filter(os.path.isabs, machine.path))):
        for entry in _listed(folder):
            stem, _, ending = entry.rpartition(".")
            if ending in {"dist-info", "egg-info"} and normalize(stem.partition("-")[0]) == name:
                yield Path(folder, entry)


def _leftovers(machine: Machine) -> list[str]:
    return [
        os.path.join(folder, entry)
        for folder in dict.fromkeys(filter(os.path.isabs, machine.path))
        for entry in _listed(folder)
        if entry.startswith("~laif")
    ]


def _has_package(entry: str) -> bool:
    return bool(entry) and os.path.isfile(os.path.join(entry, "claif", "__init__.py"))


def _same(folder: str) -> bool:
    try:
        return os.path.samefile(folder, PACKAGE)
    except OSError:
        return False


def _listed(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def dependencies(machine: Machine) -> Iterator[Finding]:
    """Whether everything that Claif needs is here, in a version that it can use."""
    own = next(_metadata(machine, "claif"), None)
    if own is None:
        yield Finding("dependencies", "warn", "Claif has no metadata: it was not installed by pip.", _REPAIR)
        return
    missing: list[str] = []
    wrong: list[str] = []
    count = 0
    for name, value in read_headers(str(own)):
        needs = requirement(value)
        if name != "requires-dist" or needs.marker:
            continue
        count += 1
        module = _MODULES.get(needs.name, needs.name.replace("-", "_"))
        if find_spec(module) is None:
            missing.append(needs.name)
            continue
        info = next(_metadata(machine, needs.name), None)
        has = dict(read_headers(str(info))).get("version", "") if info else ""
        if has and satisfies(has, needs.specifiers) is False:
            wrong.append(f"{needs.name} {has} (needed: {needs.specifiers})")
    if missing:
        yield Finding("dependencies", "fail", f"Not installed: {', '.join(missing)}.", _REPAIR)
    if wrong:
        yield Finding("dependencies", "fail", f"In a version that does not fit: {', '.join(wrong)}.", _REPAIR)
    if not missing and not wrong:
        yield Finding("dependencies", "ok", f"all {count} are here")


def program(machine: Machine) -> Iterator[Finding]:
    """Whether the `claif` that the shell runs is this one."""
    found = shutil.which("claif", path=machine.environ.get("PATH"))
    if found is None:
        yield Finding(
            "program",
            "warn",
            "There is no `claif` on the PATH.",
            f"Add the folder of programs of this Python to PATH: {_quoted(Path(sys.executable).parent)}",
        )
    elif not _belongs_here(found):
        yield Finding(
            "program",
            "warn",
            f"Your shell runs {found}, which belongs to another Python than {sys.executable}.",
            "Activate the environment that you mean, or uninstall one of them.",
        )
    else:
        yield Finding("program", "ok", found)


def _belongs_here(program: str) -> bool:
    """Whether a program is in a folder of this Python, or its first line names it; what is binary cannot be told."""
    here = {os.path.realpath(Path(sys.executable).parent), os.path.realpath(Path(sys.prefix, "bin"))}
    if os.path.realpath(os.path.dirname(program)) in here:
        return True
    try:
        with open(program, "rb") as opened:
            head = opened.read(1024)
    except OSError:
        return False
    return not head.startswith(b"#!") or os.fsencode(sys.executable) in head or b"claif" not in head


def _quoted(path: Path) -> str:
    from shlex import quote

    return quote(str(path))
