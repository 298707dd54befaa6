"""What the options before and after a command have in common, kept in the context that all commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


class Session:
    """The switches of one command line; a switch that is on stays on."""

    __slots__ = ("debug", "implicit", "no_plugins", "verbose")

    def __init__(self) -> None:
        self.debug = False
        self.no_plugins = False
        self.verbose = 0
        self.implicit = False
        """Whether `query` was not written but understood."""

    def set(self, *, debug: bool = False, no_plugins: bool = False, verbose: int = 0, implicit: bool = False) -> None:
        """Turn switches on; each `verbose` counts."""
        self.debug = self.debug or debug
        self.no_plugins = self.no_plugins or no_plugins
        self.verbose += verbose
        self.implicit = self.implicit or implicit

    @property
    def log_level(self) -> str | None:
        """What is logged whatever the configuration says, if the command line says so."""
        if self.debug or self.verbose > 1:
            return "debug"
        return "info" if self.verbose else None


def session(context: click.Context) -> Session:
    """The session of this command line."""
    found: Session = context.meta.setdefault("claif.session", Session())
    return found


def logging_options(*, verbose: str = "Log what happens, on standard error; -vv logs every step.") -> Callable[[F], F]:
    """Adds `-v` and `--debug` to a command; they are the same as before the command.

    Args:
        verbose: the help of `-v`.
    """

    def decorate(command: F) -> F:
        count = click.option("-v", "--verbose", count=True, expose_value=False, callback=_set_verbose, help=verbose)
        traceback = "Show the traceback of an error, and log every step."
        debug = click.option("--debug", is_flag=True, expose_value=False, callback=_set_debug, help=traceback)
        return count(debug(command))

    return decorate


def _set_verbose(context: click.Context, _option: click.Parameter, count: int) -> None:
    _set(context, verbose=count)


def _set_debug(context: click.Context, _option: click.Parameter, on: bool) -> None:
    _set(context, debug=on)


def _set(context: click.Context, **switches: Any) -> None:
    state = session(context)
    state.set(**switches)
    if (level := state.log_level) is not None and not context.resilient_parsing:
        from ..logs import start

        start(level)
