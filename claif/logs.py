"""Logging: silent in a library; one harmless line a record on standard error in a program; loguru only when needed.

Modules of Claif write `from .logs import logger` where something happens that is worth a record, inside the function:
loguru is imported only then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loguru import Logger, Record

    logger: Logger

_program_level: str | None = None
"""The level of a program's log; `None` in a library."""


def start(level: str) -> None:
    """Log to standard error from now on, as a program does; loguru itself is imported at the first record.

    Args:
        level: the least level that is shown: trace, debug, info, success, warning, error or critical.
    """
    global _program_level  # noqa: PLW0603 - a process has one log
    _program_level = level.upper()
    globals().pop("logger", None)


def __getattr__(name: str) -> Any:
    if name != "logger":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from loguru import logger as found

    if _program_level is None:
        # Whoever uses Claif as a library and wants its records says `logger.enable("claif")` after this.
        found.disable("claif")
    else:
        import sys

        found.remove()
        # Variables in tracebacks could be keys.
        found.add(sys.stderr, level=_program_level, format=_line, diagnose=False, backtrace=False, colorize=False)
        found.enable("claif")
    globals()["logger"] = found
    return found


def _line(record: Record) -> str:
    """The template of a record; its text goes in as data, with all that could start a line escaped."""
    text = record["message"]
    record["extra"]["claif_line"] = "".join([char if char.isprintable() else ascii(char)[1:-1] for char in text])
    return "{time:HH:mm:ss.SSS} {level.name} {name}: {extra[claif_line]}\n"
