"""Checks of the terminal: whether text, colour and control characters will come out right."""

from __future__ import annotations

import locale
import shutil
import sys
from typing import TYPE_CHECKING, TextIO

from ..finding import Finding
from ..system import WINDOWS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .machine import Machine


def encoding(_machine: Machine) -> Iterator[Finding]:
    """Whether all characters can be shown."""
    found = (getattr(sys.stdout, "encoding", "") or "none").lower()
    text = f"{found} on standard output, {locale.getpreferredencoding(False)} for files"
    if found.replace("-", "").replace("_", "") == "utf8":
        yield Finding("characters", "ok", text)
    else:
        remedy = "set PYTHONUTF8=1, and use Windows Terminal." if WINDOWS else "export LC_ALL=C.UTF-8"
        yield Finding("characters", "warn", f"{text}: what these lack becomes a question mark.", remedy)


def terminal(machine: Machine) -> Iterator[Finding]:
    """What the terminal can do."""
    if not _is_terminal(sys.stdout):
        yield Finding("terminal", "ok", "standard output is none: answers come as plain text")
        return
    kind = machine.environ.get("TERM", "")
    size = shutil.get_terminal_size()
    modern = WINDOWS and "TERM" not in machine.environ and machine.environ.get("WT_SESSION")
    if kind.lower() in {"", "dumb", "unknown"} and not modern:
        yield Finding(
            "terminal",
            "warn",
            f"TERM is {kind or 'not set'}: no colour, no Markdown.",
            "Use Windows Terminal." if WINDOWS else "export TERM=xterm-256color",
        )
    elif machine.environ.get("NO_COLOR"):
        yield Finding("terminal", "ok", f"{kind}, {size.columns} columns, no colour because of NO_COLOR")
    else:
        yield Finding("terminal", "ok", f"{kind or sys.platform}, {size.columns} columns, colour")


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False
