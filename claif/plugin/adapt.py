"""Gives providers of the older shape the interface of a `Provider` class, so that everybody handles classes only."""

from __future__ import annotations

from collections.abc import Iterable

from ..provider import AdaptedProvider, BaseProvider, Context


def adapted(base: type[BaseProvider]) -> type[AdaptedProvider]:
    """Make a `Provider` class of a `BaseProvider` class; the base is constructed without arguments."""

    def construct(self: AdaptedProvider, context: Context) -> None:
        AdaptedProvider.__init__(self, context, base())

    declared = base.capabilities
    return type(
        base.__name__,
        (AdaptedProvider,),
        {
            "__doc__": base.__doc__,
            "__init__": construct,
            "__module__": base.__module__,
            "name": base.name if isinstance(base.name, str) else "",
            # The older shape may compute them in a property, which only an instance can answer.
            "capabilities": frozenset(declared or {"text"}) if isinstance(declared, Iterable) else frozenset({"text"}),
        },
    )
