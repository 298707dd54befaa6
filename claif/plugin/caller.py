"""Calls one implementation of a hook; what goes wrong is named, and harms nobody unless the plugin is critical."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, TypeVar

from ..errors import PluginError
from .guard import Failed, guarded

if TYPE_CHECKING:
    from .binding import Implementation

T = TypeVar("T")
U = TypeVar("U")

_KEPT_WARNINGS = 100


class HookCaller:
    """Calls implementations and keeps what went wrong.

    Args:
        critical: normalized names of the plugins that must not fail.
    """

    def __init__(self, critical: Collection[str] = ()) -> None:
        self.critical = critical
        self.warnings: deque[tuple[str, str]] = deque(maxlen=_KEPT_WARNINGS)
        self.on_warning: Callable[[str, str], None] | None = None

    def warn(self, plugin: str, message: str) -> None:
        """Tell the user that something of a plugin went wrong, and go on."""
        self.warnings.append((plugin, message))
        if self.on_warning is not None:
            self.on_warning(plugin, message)

    def call(
        self,
        implementation: Implementation,
        arguments: tuple[object, ...],
        accept: Callable[[object], T],
        otherwise: U,
        *,
        decides: bool = True,
        lets: type[Exception] | None = None,
    ) -> T | U:
        """Call an implementation.

        Args:
            implementation: what to call.
            arguments: all arguments of the hook.
            accept: makes the result of what was returned, or raises when it is of a wrong type.
            otherwise: the result if the call fails.
            decides: whether a failure of a critical plugin must stop everything.
            lets: what the implementation may raise for the user to be told.

        Raises:
            PluginError: a critical plugin failed.
        """
        try:
            return guarded(lambda: accept(implementation.call(*arguments)))
        except Failed as failure:
            if lets is not None and isinstance(failure.__cause__, lets):
                raise failure.__cause__ from None
            plugin = implementation.plugin
            problem = f"{implementation.hook}() was skipped ({failure})."
            plugin.note(problem)
            if decides and plugin.name in self.critical:
                raise PluginError(
                    f"{implementation.hook}() of the critical plugin {plugin.name} failed ({failure}).",
                    hint=f"Mend or upgrade {plugin.name}; it is critical by [plugins] critical.",
                ) from failure.__cause__
            self.warn(plugin.name, problem)
            return otherwise
