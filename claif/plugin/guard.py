"""Runs a plugin's code so that its failures stay its own: whatever it raises is caught, except the user's Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from time import perf_counter
from typing import TypeVar

from ..logs import logger
from .entry_points import reference

T = TypeVar("T")


class Failed(Exception):
    """A plugin's code raised `__cause__`, or did what it must not; the message says what in one line."""


def guarded(call: Callable[[], T]) -> T:
    """Call it.

    Raises:
        Failed: it raised anything, `SystemExit` included.
        KeyboardInterrupt: the user stops us; that is no failure of the plugin.
    """
    try:
        return call()
    except (KeyboardInterrupt, Failed):
        raise
    except BaseException as error:
        raise Failed(describe(error)) from error


def refuse(problems: Sequence[str]) -> None:
    """Raise `Failed` if there is any problem."""
    if problems:
        raise Failed(" ".join(problems))


def describe(error: BaseException) -> str:
    """Name an error in one printable line of at most 300 characters."""
    if isinstance(error, SystemExit):
        return f"it called sys.exit({error.code!r})"
    try:
        text = str(error)
    except Exception:
        text = ""
    line = printable(text)[:280].strip()
    return f"{type(error).__name__}: {line}" if line else type(error).__name__


def printable(text: str) -> str:
    """The text with a space for each character that is not printable."""
    return "".join([char if char.isprintable() else " " for char in text])


def load(value: str) -> tuple[object, float]:
    """Import what an entry point names.

    Returns:
        The object, and the seconds that the import took.

    Raises:
        Failed: the import failed, or the module has no such object.
    """
    began = perf_counter()
    found = guarded(lambda: _import(value))
    seconds = perf_counter() - began
    logger.debug("imported {} in {:.0f} ms", value, seconds * 1000)
    return found, seconds


def _import(value: str) -> object:
    module, attribute = reference(value)
    found: object = import_module(module)
    for name in attribute.split(".") if attribute else ():
        found = getattr(found, name)
    return found
