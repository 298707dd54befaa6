"""The shapes of the pipeline: handlers that push events, middleware that wraps them, layers that say where."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import IntEnum

from attrs import field, frozen

from ..models import Event, Query

Emit = Callable[[Event], Awaitable[None]]
"""Hand an event on; awaiting it is the back-pressure."""

Handler = Callable[[Query, Emit], Awaitable[None]]
"""Answer a query by awaiting `emit(event)` for each event."""

Middleware = Callable[[Handler], Handler]
"""Wrap a handler in another one."""


class Slot(IntEnum):
    """Where a layer stands. Slots below `RETRY` surround the whole query, the others each attempt at one provider."""

    TRACE = 10
    LEDGER = 15
    DEADLINE = 20
    GUARD = 30
    """The usual place for a plugin's layer: the query as the user gave it, the answer as the user gets it."""
    PROCESSORS = 40
    REDACT = 50
    ASSEMBLE = 60
    ROUTE = 70
    RETRY = 110
    BUDGET = 120
    RATE_LIMIT = 130
    CONCURRENCY = 140
    ATTEMPT = 150


@frozen
class Layer:
    """A middleware and the place where it stands.

    Args:
        slot: where; layers of one slot are sorted by `order`, then by the name of their distribution.
        wrap: the middleware.
        name: what `claif config chain` calls it.
        order: smaller is further out.
        distribution: filled in by Claif: the distribution that brought the layer.
    """

    slot: Slot = field(converter=Slot)
    wrap: Middleware
    name: str = ""
    order: int = 0
    distribution: str = ""
