"""What the options before and after a command have in common, kept in the context that all commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click


class Session:
    """The switches of one command line; a switch that is on stays on."""

    __slots__ = ("debug", "implicit", "no_plugins")

    def __init__(self) -> None:
        self.debug = False
        self.no_plugins = False
        self.implicit = False
        """Whether `query` was not written but understood."""

    def set(self, *, debug: bool = False, no_plugins: bool = False, implicit: bool = False) -> None:
        """Turn switches on."""
        self.debug = self.debug or debug
        self.no_plugins = self.no_plugins or no_plugins
        self.implicit = self.implicit or implicit


def session(context: click.Context) -> Session:
    """The session of this command line."""
    found: Session = context.meta.setdefault("claif.session", Session())
    return found
