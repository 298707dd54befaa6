"""The sinks of a program: lines for people on standard error, lines of JSON in a file; secrets masked at the last."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from traceback import format_exception
from typing import TYPE_CHECKING, Any

from ..config.redact import matcher, redact
from .file import LogFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from loguru import Logger, Message, Record


def add_sinks(logger: Logger, least: int, file: Path | None, identify: Callable[[], str | None]) -> None:
    """Take the sinks that there are away and add a program's.

    Args:
        logger: loguru's.
        least: the least level that is written.
        file: where records go as well, as JSON lines.
        identify: tells the id of the query that a record belongs to, if it does.
    """

    def add_query(record: Record) -> None:
        record["extra"]["query"] = identify()

    logger.remove()
    logger.configure(patcher=add_query)
    _add(logger, least, _to_stderr)
    if file is not None:
        _add(logger, least, _to_file(LogFile(file, _complain)))


def _add(logger: Logger, least: int, sink: Callable[[Message], None]) -> None:
    # Variables in tracebacks could be keys, and so could what loguru prints about a sink that fails.
    logger.add(sink, level=least, format=_nothing, diagnose=False, backtrace=False, colorize=False, catch=False)


def _nothing(_record: Record) -> str:
    return ""


def _to_stderr(message: Message) -> None:
    # A log that cannot be written must not end what it tells about.
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{line_for_people(message.record)}\n")
        sys.stderr.flush()


def _to_file(file: LogFile) -> Callable[[Message], None]:
    def write(message: Message) -> None:
        file.write(line_for_programs(message.record))

    return write


def _complain(text: str) -> None:
    with suppress(OSError, ValueError):
        sys.stderr.write(f"claif: {one_line(text)}\n")


def line_for_people(record: Record) -> str:
    """Time, level, module, the query's id, text, and the exception in short; without secrets, on one line."""
    query = record["extra"].get("query")
    text = record["message"]
    if (raised := record["exception"]) is not None and raised.value is not None:
        text += f" ({type(raised.value).__name__}: {raised.value})"
    about = f" [{query}]" if query else ""
    line = f"{record['time']:%H:%M:%S.%f}"[:-3] + f" {record['level'].name} {record['name']}{about}: {text}"
    return one_line(redact(line))


def line_for_programs(record: Record) -> str:
    """The record as JSON, without secrets, on one line."""
    data: dict[str, Any] = {
        "time": record["time"].isoformat(),
        "level": record["level"].name.lower(),
        "module": record["name"],
        "process": record["process"].id,
        "message": redact(record["message"]),
    }
    if query := record["extra"].get("query"):
        data["query"] = query
    if (raised := record["exception"]) is not None and raised.value is not None:
        data["exception"] = redact("".join(format_exception(raised.value)))
    return matcher().mask(json.dumps(data))


def one_line(text: str) -> str:
    """The text with everything escaped that could start a line or drive a terminal."""
    if text.isprintable():
        return text
    return "".join([char if char.isprintable() else ascii(char)[1:-1] for char in text])
