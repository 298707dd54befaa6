"""Streams: the events of an answer for somebody who iterates, fed by a task beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from ..models import Event, Reply
    from ..pipeline.edge import Edge
    from .fanout import Item
    from .outcome import Outcome

E = TypeVar("E")
R = TypeVar("R")


class Stream:
    """The events of one answer, as they come; `reply` is the whole answer once they have ended."""

    def __init__(self, edge: Edge[Event]) -> None:
        self._edge = edge
        self.reply: Reply | None = None

    def __aiter__(self) -> AsyncIterator[Event]:
        return self._edge


class Streams:
    """The events of several answers, each with whose it is; `outcomes` is what became of all once they have ended."""

    def __init__(self, edge: Edge[Item]) -> None:
        self._edge = edge
        self.outcomes: list[Outcome] | None = None

    def __aiter__(self) -> AsyncIterator[Item]:
        return self._edge


async def ignore(_event: Event) -> None:
    """Have no use for an event."""


async def feed(
    end: Callable[[R], None], edge: Edge[E], ask: Callable[[Callable[[E], Awaitable[None]]], Awaitable[R]]
) -> None:
    """Ask, and put what comes into an edge; what is raised, the iteration raises after what came before it.

    Args:
        end: gets what asking gives.
        edge: gets what comes.
        ask: awaits its argument for each event.
    """
    try:
        end(await ask(edge.send))
    except Exception as error:
        edge.end(error)
    else:
        edge.end()
