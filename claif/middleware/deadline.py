"""The layer that owns the total time of a query."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from ..pipeline.run import current_run
from ..pipeline.types import Emit, Handler, Layer, Slot
from ..pipeline.watchdog import Deadline, Watchdog

if TYPE_CHECKING:
    from ..models import Query


def deadline_layer(watchdog: Watchdog, timeout: float) -> Layer:
    """End a query with a `TimeoutError` after `query.options.timeout` seconds of wall time, or else after `timeout`."""

    def wrap(handler: Handler) -> Handler:
        async def limited(query: Query, emit: Emit) -> None:
            seconds = timeout if query.options.timeout is None else query.options.timeout
            deadline = Deadline(seconds)
            run = current_run.get()
            run.limit = deadline
            if seconds < inf:
                watchdog.add(deadline)
            try:
                with deadline.scope:
                    return await handler(query, emit)
            finally:
                watchdog.remove(deadline)
            error = deadline.error()
            error.provider, error.model = run.provider, run.model
            raise error

        return limited

    return Layer(slot=Slot.DEADLINE, wrap=wrap, name="deadline", distribution="claif")
