"""Tells the user about an error: one line, a hint, or JSON; never a traceback that nobody asked for."""

from __future__ import annotations

import sys
from typing import Any

import click

from ..config.redact import redact, redact_error
from ..errors import ClaifError
from .sanitize import one_line
from .style import err_style

USAGE = 2


def report(error: BaseException, *, as_json: bool = False, debug: bool = False) -> int:
    """Write what happened to standard error, or as JSON to standard output.

    Args:
        error: what happened.
        as_json: for a program.
        debug: with the traceback.

    Returns:
        The exit code.
    """
    error = _cause(error)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()  # a group without a command: its help, as it is laid out
        return error.exit_code
    data = describe(error)
    if debug:
        from traceback import format_exception

        sys.stderr.write(redact("".join(format_exception(error))))
    if as_json:
        from .jsonout import write_line

        write_line(data)
    else:
        say_error(data["message"], data.get("hint"))
    return int(data["exit_code"])


def say_error(message: str, hint: str | None = None) -> None:
    """Write an error's line, and the line of its hint, to standard error."""
    lines = f"{err_style('claif:', fg='red', bold=True)} {redact(one_line(message))}\n"
    if hint:
        lines += f"{err_style(f'  {redact(one_line(hint))}', dim=True)}\n"
    sys.stderr.write(lines)
    sys.stderr.flush()


def describe(error: BaseException) -> dict[str, Any]:
    """What is known about an error, as JSON data, without secrets."""
    redact_error(error)
    if isinstance(error, ClaifError):
        return error.to_dict()
    if isinstance(error, click.ClickException):
        return _usage(error)
    return {
        "type": "error",
        "error": type(error).__name__,
        "message": f"An error in Claif itself or in a plugin: {type(error).__name__}: {error}",
        "hint": "Run it again with --debug to see where; with --no-plugins to see whether it is Claif's.",
        "retryable": False,
        "exit_code": 1,
    }


def _usage(error: click.ClickException) -> dict[str, Any]:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "claif"
    hint = f"Try `{path} --help`."
    if isinstance(error, click.NoSuchOption) and path == "claif query":
        hint = f"{hint} A prompt that begins with a dash needs -- before it."
    return {
        "type": "error",
        "error": "UsageError",
        "message": error.format_message(),
        "hint": hint,
        "retryable": False,
        "exit_code": error.exit_code,
    }


def _cause(error: BaseException) -> BaseException:
    """Of an exception group, the first error that Claif raised on purpose, or else the first of all."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    leaves: list[BaseException] = []
    groups: list[BaseExceptionGroup[Any]] = [error]
    while groups:
        for inner in groups.pop().exceptions:
            (groups if isinstance(inner, BaseExceptionGroup) else leaves).append(inner)
    return next((leaf for leaf in leaves if isinstance(leaf, ClaifError)), leaves[0])
