"""The gate: holds back what tells nothing of the answer yet, so that somebody else can still be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..models import Event, Notice, Started, UsageReport

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .types import Emit

PRELUDE = frozenset({Started, Notice, UsageReport})
"""Kinds of events that come before an answer; whoever sent anything else has begun to answer, or has acted."""


class Gate:
    """Lets the events of one attempt through from its first content on.

    Args:
        emit: takes them.
        opened: called once, before the first event is let through.

    Attributes:
        open: whether the answer has begun: from then on nobody else may be asked.
    """

    __slots__ = ("_emit", "_held", "_opened", "open")

    def __init__(self, emit: Emit, opened: Callable[[], None] | None = None) -> None:
        self.open = False
        self._emit = emit
        self._opened = opened
        self._held: list[Event] = []

    def emit(self, event: Event) -> Awaitable[None]:
        """Take an event of the attempt; once it is open, that costs no coroutine of its own."""
        return self._emit(event) if self.open else self._first(event)

    async def _first(self, event: Event) -> None:
        if event.__class__ in PRELUDE:
            self._held.append(event)
            return
        await self.release()
        await self._emit(event)

    async def release(self) -> None:
        """Let through what was held back, and everything from now on; an answer without content ends with this."""
        if self.open:
            return
        self.open = True
        if self._opened is not None:
            self._opened()
        held, self._held = self._held, []
        for event in held:
            await self._emit(event)

    async def give_up(self) -> None:
        """The attempt has failed: of what was held back, only notices are told."""
        held, self._held = self._held, []
        for event in held:
            if event.__class__ is Notice:
                await self._emit(event)
