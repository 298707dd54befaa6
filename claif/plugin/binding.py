"""Turns implementations of hooks into plain functions that are quick to call, and says in which order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from .processors import SHIPPED

if TYPE_CHECKING:
    from pluggy import HookImpl

    from .state import Plugin


class Implementation(NamedTuple):
    """One implementation of one hook; `call` takes all arguments of the hook, by position."""

    hook: str
    plugin: Plugin
    name: str
    call: Callable[..., Any]
    keeps_text: bool
    rank: tuple[int, bool, str, str]
    shipped: bool


def bind(implementation: HookImpl, hook: str, arguments: tuple[str, ...], plugin: Plugin) -> Implementation:
    """Prepare an implementation for being called often."""
    function: Callable[..., Any] = implementation.function
    wanted = implementation.argnames
    urgency = 0 if implementation.tryfirst else 2 if implementation.trylast else 1
    return Implementation(
        hook=hook,
        plugin=plugin,
        name=implementation.plugin_name.rpartition(":")[2],
        call=function if tuple(wanted) == arguments else _picking(function, [arguments.index(name) for name in wanted]),
        keeps_text=bool(getattr(function, "claif_keeps_text", False)),
        rank=(urgency, plugin.name != "claif", plugin.name, implementation.plugin_name),
        shipped=implementation.plugin_name.startswith(SHIPPED),
    )


def _picking(function: Callable[..., Any], positions: list[int]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        return function(*[arguments[position] for position in positions])

    return call
