"""The query layer: refuses what should not be shouted."""

from __future__ import annotations

from claif.api import Emit, Handler, InvalidQueryError, Layer, Query, Slot, hookimpl


def refuse_passwords(handler: Handler) -> Handler:
    """Wrap a handler so that it never sees a prompt with a password."""

    async def guard(query: Query, emit: Emit) -> None:
        if "password" in query.prompt.lower():
            raise InvalidQueryError("A password must not be shouted.", hint="Ask without it.")
        await handler(query, emit)

    return guard


LAYER = Layer(slot=Slot.GUARD, wrap=refuse_passwords, name="no-passwords")


@hookimpl
def claif_query() -> Layer:
    """Put the guard around every query."""
    return LAYER
