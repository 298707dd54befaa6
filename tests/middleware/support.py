"""Runs one handler as the client would, without a client."""

from __future__ import annotations

from collections.abc import Callable

from claif.models import Event, Query
from claif.pipeline.run import Run, current_run
from claif.pipeline.types import Emit, Handler


def says(*events: Event | BaseException) -> Handler:
    """A handler that emits these events and raises these errors."""

    async def handler(query: Query, emit: Emit) -> None:
        for event in events:
            if isinstance(event, BaseException):
                raise event
            await emit(event)

    return handler


async def events_of(
    handler: Handler, query: Query | None = None, *, run: Run | None = None, also: Callable[[Event], None] | None = None
) -> list[Event]:
    """The events that come out, with a `Run` in place."""
    query = query or Query("hi")
    seen: list[Event] = []

    async def emit(event: Event) -> None:
        seen.append(event)
        if also:
            also(event)

    token = current_run.set(run or Run(query))
    try:
        await handler(query, emit)
    finally:
        current_run.reset(token)
    return seen
