"""Streams: the events of an answer for somebody who iterates, fed by a task beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..models import Event, Reply
    from ..pipeline.edge import Edge
    from ..pipeline.types import Emit


class Stream:
    """The events of one answer, as they come; `reply` is the whole answer once they have ended."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self.reply: Reply | None = None

    def __aiter__(self) -> AsyncIterator[Event]:
        return self._edge


async def feed(stream: Stream, edge: Edge, ask: Callable[[Emit], Awaitable[Reply]]) -> None:
    """Ask, and put what comes into a stream; what is raised, the iteration raises after the events before it.

    Args:
        stream: gets the reply.
        edge: gets the events.
        ask: awaits its argument for each event, and gives the reply.
    """
    try:
        stream.reply = await ask(edge.send)
    except Exception as error:
        edge.end(error)
    else:
        edge.end()
