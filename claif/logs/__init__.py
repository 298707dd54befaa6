"""Logging: silent in a library until somebody asks; in a program one harmless line a record; loguru only when needed.

Modules of Claif write `from ..logs import logger` and `logger.debug("what happened to {}", what)`. The text is always a
literal, what varies goes in as a value: text from elsewhere could hold `{…}`. A record that nobody wants costs a look
at a number, and loguru is not imported for it.

What plugins and packages log, by loguru or by the standard library's `logging`, goes to a program's sinks as well: by
themselves both would print it with variables, keys and control characters in it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from .arrival import when_imported

if TYPE_CHECKING:
    from pathlib import Path

LEVELS: Final = {
    "trace": 5,
    "debug": 10,
    "info": 20,
    "success": 25,
    "warning": 30,
    "error": 40,
    "critical": 50,
}
NAME = "claif"
"""The name by which loguru enables and disables these records."""


def _no_query() -> str | None:
    return None


class Log:
    """What modules log with.

    In a library the records go to loguru's sinks, as soon as the application has imported loguru and said
    `logger.enable("claif")`. In a program, which has called `start`, they go to that program's own sinks.
    """

    __slots__ = ("_file", "_identify", "_least", "_loguru")

    def __init__(self) -> None:
        self._least: int | None = None
        self._file: Path | None = None
        self._loguru: Any = None
        self._identify: Callable[[], str | None] = _no_query

    def trace(self, message: str, *values: object) -> None:
        """What is of use to somebody who looks for a mistake in Claif."""
        if self.wants(5):
            self._write("TRACE", message, values)

    def debug(self, message: str, *values: object) -> None:
        """Every step of a query."""
        if self.wants(10):
            self._write("DEBUG", message, values)

    def info(self, message: str, *values: object) -> None:
        """What happened to a query."""
        if self.wants(20):
            self._write("INFO", message, values)

    def warning(self, message: str, *values: object) -> None:
        """Something went wrong and was got over."""
        if self.wants(30):
            self._write("WARNING", message, values)

    def error(self, message: str, *values: object) -> None:
        """Something went wrong."""
        if self.wants(40):
            self._write("ERROR", message, values)

    def exception(self, message: str, *values: object) -> None:
        """As `error`, with the exception that is being handled."""
        if self.wants(40):
            self._write("ERROR", message, values, exception=True)

    def wants(self, level: int) -> bool:
        """Whether a record of this level may go anywhere."""
        return "loguru" in sys.modules if self._least is None else level >= self._least

    def _write(self, level: str, message: str, values: tuple[object, ...], *, exception: bool = False) -> None:
        found = self._loguru or self._prepared()
        if self._least is None and (query := self._identify()) is not None:
            found = found.bind(query=query)
        found.opt(depth=2, exception=exception).log(level, message, *values)

    def _prepared(self) -> Any:
        from loguru import logger as found

        if self._least is None:
            # Whoever has enabled or disabled these records before the first one has decided.
            decided = getattr(getattr(found, "_core", None), "activation_list", ())
            if not any(name in {NAME, f"{NAME}."} for name, _ in decided):
                found.disable(NAME)
        else:
            from .sinks import add_sinks

            add_sinks(found, self._least, self._file, self._identify)
            found.enable(NAME)
        self._loguru = found
        return found

    def _forward(self) -> None:
        from .standard import forward

        forward(self._take)

    def _take(self, name: str, level: int, text: str, exception: BaseException | None) -> None:
        """Write a record of the standard library's `logging`."""
        if self.wants(level):
            found = self._loguru or self._prepared()
            named = found.patch(lambda record: record.update(name=name))
            named.opt(exception=exception).log(_name_of(level), "{}", text)

    def start(self, level: str, file: Path | None = None) -> None:
        """See `start`."""
        self._least, self._file, self._loguru = LEVELS[level], file, None
        # Whoever imports loguru must find these sinks, not its own, which prints the variables of tracebacks.
        when_imported("loguru", self._prepared)
        when_imported("logging", self._forward)

    def correlate(self, identify: Callable[[], str | None]) -> None:
        """Have each record bear the id that this function tells."""
        self._identify = identify


def _name_of(level: int) -> str:
    """The name of the highest of our levels that is not above this one."""
    return max((least, name) for name, least in LEVELS.items() if least <= max(level, LEVELS["trace"]))[1].upper()


logger: Final = Log()


def start(level: str, file: Path | None = None) -> None:
    """Log to standard error from now on, as a program does; loguru itself is imported at the first record.

    Args:
        level: the least level that is shown: trace, debug, info, success, warning, error or critical.
        file: where records go as well, as JSON lines.
    """
    logger.start(level, file)
