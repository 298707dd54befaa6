"""Checks of Python: its version and build, where it takes modules from, and what it runs before anything else."""

from __future__ import annotations

import os
import platform
import stat
import struct
import sys
import sysconfig
from typing import TYPE_CHECKING

from ..finding import Finding
from ..system import WINDOWS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .machine import Machine

OLDEST = (3, 11)
NEWEST = (3, 13)
"""The versions that the tests run on."""

_USUAL_STARTERS = frozenset({"distutils-precedence.pth", "_virtualenv.pth", "coverage.pth", "a1_coverage.pth"})
"""Executable `.pth` files of setuptools, virtualenv and coverage."""
_MOST_BYTES = 64 * 1024
_SHOWN = 8


def version(_machine: Machine) -> Iterator[Finding]:
    """Python's version and build."""
    found = sys.version_info[:2]
    text = (
        f"{platform.python_implementation()} {platform.python_version()}, {struct.calcsize('P') * 8} bit, "
        f"{sys.platform}, {sys.executable}"
    )
    if found < OLDEST:
        yield Finding("version", "fail", text, f"Install Python {_dotted(OLDEST)} or later.")
    elif found > NEWEST:
        yield Finding("version", "ok", f"{text}; newer than what Claif is tested on ({_dotted(NEWEST)})")
    else:
        yield Finding("version", "ok", text)
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        yield Finding(
            "free threading",
            "warn",
            "This Python is built without the global interpreter lock, which Claif is not tested on.",
            "If something odd happens, try the usual build, or PYTHON_GIL=1.",
        )


def _dotted(number: tuple[int, ...]) -> str:
    return ".".join(map(str, number))


def path(machine: Machine) -> Iterator[Finding]:
    """Where modules come from: folders that others than the user decide about are a danger."""
    problems = list(_doubtful_entries(machine))
    yield from problems
    if not problems:
        count = len([entry for entry in machine.path if entry])
        extra = machine.environ.get("PYTHONPATH")
        yield Finding("sys.path", "ok", f"{count} entries" + (f"; PYTHONPATH adds {extra}" if extra else ""))
    if machine.environ.get("PYTHONHOME"):
        yield Finding("PYTHONHOME", "warn", "It makes Python use another library than its own.", "unset PYTHONHOME")


def _doubtful_entries(machine: Machine) -> Iterator[Finding]:
    relative = [part for part in machine.environ.get("PYTHONPATH", "").split(os.pathsep) if not os.path.isabs(part)]
    if machine.environ.get("PYTHONPATH") and relative:
        shown = ", ".join([part or "an empty entry" for part in relative[:_SHOWN]])
        yield Finding(
            "PYTHONPATH",
            "warn",
            f"It has {shown}: whatever lies in the folder where you are is imported.",
            "Write absolute folders into PYTHONPATH, and no colon at its beginning or end.",
        )
    elif any(not os.path.isabs(entry) for entry in machine.path) or machine.path[:1] == (str(machine.cwd),):
        yield Finding(
            "sys.path",
            "warn",
            "The folder where you are is on it: files there can take the place of modules.",
            "Run `claif` itself instead of `python -m claif`, or set PYTHONSAFEPATH=1.",
        )
    for entry in machine.path:
        if not WINDOWS and _writable_by_all(entry):
            yield Finding(
                "sys.path", "fail", f"Every user can put modules into {entry}.", f"chmod o-w {_quoted(entry)}"
            )


def _writable_by_all(entry: str) -> bool:
    try:
        mode = os.stat(entry).st_mode
    except OSError:
        return False
    return stat.S_ISDIR(mode) and bool(mode & stat.S_IWOTH) and not mode & stat.S_ISVTX


def _quoted(text: str) -> str:
    from shlex import quote

    return quote(text)


def starters(machine: Machine) -> Iterator[Finding]:
    """What runs at every start of Python: a stolen package has hidden itself in such a file before."""
    executable: list[str] = []
    doubtful: list[str] = []
    plain = 0
    for folder in dict.fromkeys(entry for entry in machine.path if os.path.isabs(entry)):
        for name in _listed(folder):
            if not name.endswith(".pth"):
                continue
            if not _runs_code(os.path.join(folder, name)):
                plain += 1
            elif _is_usual(folder, name):
                executable.append(name)
            else:
                doubtful.append(os.path.join(folder, name))
    if doubtful:
        yield Finding(
            ".pth files",
            "warn",
            f"Python runs these at every start: {', '.join(doubtful[:_SHOWN])}{_more(doubtful)}.",
            "Look into them, and uninstall what you do not know.",
        )
    usual = f"run code at every start and are known: {', '.join(executable)}" if executable else "none runs code"
    if not doubtful:
        yield Finding(".pth files", "ok", f"{plain + len(executable)}; {usual}")
    for module in ("sitecustomize", "usercustomize"):
        place = getattr(sys.modules.get(module), "__file__", None)
        if place:
            yield Finding(module, "ok", f"{place} runs at every start of Python")


def _more(names: list[str]) -> str:
    return f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""


def _listed(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _runs_code(file: str) -> bool:
    try:
        with open(file, "rb") as opened:
            lines = opened.read(_MOST_BYTES).splitlines()
    except OSError:
        return True
    return any(line.startswith((b"import ", b"import\t")) for line in lines)


def _is_usual(folder: str, name: str) -> bool:
    """Whether a file is what well-known tools make: setuptools, virtualenv, coverage, and `pip install -e`."""
    if name in _USUAL_STARTERS:
        return True
    # What `pip install -e` writes is listed in the record of a distribution; a file that merely looks so is not.
    if not name.startswith("__editable__"):
        return False
    return any(_records(os.path.join(folder, info), name) for info in _listed(folder))


def _records(info: str, name: str) -> bool:
    if not info.endswith(".dist-info"):
        return False
    try:
        with open(os.path.join(info, "RECORD"), "rb") as opened:
            return any(line.startswith(f"{name},".encode()) for line in opened)
    except OSError:
        return False
