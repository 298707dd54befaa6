"""Rewriting an answer while it streams: what is shown, stored and told by errors has passed the rewriter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

from ..errors import ClaifError
from ..models import Event, Finished, Message, Query, Role, TextDelta, TextReset, ThinkingDelta
from .rewritten import rewritten_event, rewritten_message
from .run import current_run

if TYPE_CHECKING:
    from .types import Emit, Handler, Middleware


class Rewriter(Protocol):
    """Rewrites one text that comes in pieces. The result must not depend on where the pieces begin and end."""

    def feed(self, text: str) -> str:
        """Take a piece, and give what can be shown now; what later pieces may change is held back."""

    def end(self, *, cut: bool = False) -> str:
        """No more comes: give the rest; `cut` tells that it was an error that ended the text."""


def rewriting(make: Callable[[], Rewriter], *, text_only: bool = False) -> Middleware:
    """A middleware that passes an answer through rewriters.

    Deltas are rewritten as they come; complete messages, and the part of the answer that an error leaves, are rewritten
    as a whole. The text of a message is one text, also where other events interrupt it, so that what is held back of it
    may come after them. A thought is a text of its own.

    Args:
        make: makes the rewriter of one text.
        text_only: leave alone what is no text of the answer: what the model thinks, what tools are given and answer,
            notices, and what is of an unknown kind.
    """

    def others(event: Event) -> Event:
        return event if text_only else rewritten_event(event, make)

    return rewriting_events(make, others, text_only=text_only)


def rewriting_events(
    make: Callable[[], Rewriter],
    others: Callable[[Event], Event],
    *,
    text_only: bool = False,
    interrupted_thoughts: bool = False,
) -> Middleware:
    """As `rewriting`, for those who know better what to do with events that are neither deltas nor messages.

    Args:
        make: makes the rewriter of one text.
        others: rewrites those events.
        text_only: leave alone what the model thinks, and blocks of messages that are no text.
        interrupted_thoughts: a thought goes on behind text of the answer; it ends there otherwise.
    """

    def wrap(handler: Handler) -> Handler:
        async def rewritten(query: Query, emit: Emit) -> None:
            answer = _Answer(make, others, text_only, interrupted_thoughts, emit)
            try:
                await handler(query, answer.take)
            except BaseException as error:
                run = current_run.get()
                partial, run.partial = run.partial, None
                run.partial = partial and rewritten_message(partial, make, text_only=text_only, cut=True)
                if isinstance(error, ClaifError) and error.partial is not None:
                    error.partial = rewritten_message(error.partial, make, text_only=text_only, cut=True)
                if isinstance(error, Exception):
                    await answer.flush(cut=True)  # noqa: ASYNC102 - not when cancelled
                raise
            await answer.flush()

        return rewritten

    return wrap


class _Answer:
    """The events of one answer on their way through; what does not make others of it costs no coroutine of its own."""

    __slots__ = ("_emit", "_interrupted_thoughts", "_make", "_others", "_text", "_text_only", "_thinking")

    def __init__(
        self,
        make: Callable[[], Rewriter],
        others: Callable[[Event], Event],
        text_only: bool,
        interrupted_thoughts: bool,
        emit: Emit,
    ) -> None:
        self._make = make
        self._others = others
        self._text_only = text_only
        self._interrupted_thoughts = interrupted_thoughts
        self._emit = emit
        self._text: Rewriter | None = None
        self._thinking: Rewriter | None = None

    def take(self, event: Event) -> Awaitable[None]:
        """Hand an event on as what becomes of it."""
        if isinstance(event, TextDelta):
            if self._thinking is not None and not self._interrupted_thoughts:
                # The model thinks before it speaks: what is held back of a thought would else come after the answer.
                return self._end_thought(event)
            if self._text is None:
                self._text = self._make()
            return self._feed(self._text, event)
        if isinstance(event, ThinkingDelta) and not self._text_only:
            if self._thinking is None:
                self._thinking = self._make()
            return self._feed(self._thinking, event)
        if isinstance(event, Message):
            message = rewritten_message(event, self._make, text_only=self._text_only)
            return self._end(message) if event.role is Role.ASSISTANT else self._emit(message)
        if isinstance(event, Finished):
            return self._end(self._others(event))
        if isinstance(event, TextReset):
            self._text = self._thinking = None
        return self._emit(self._others(event))

    def _feed(self, rewriter: Rewriter, delta: TextDelta | ThinkingDelta) -> Awaitable[None]:
        shown = rewriter.feed(delta.text)
        if shown == delta.text:
            return self._emit(delta)
        return self._emit(type(delta)(shown)) if shown else nothing()

    async def _end_thought(self, event: Event) -> None:
        await self._flush_thinking(cut=False)
        await self.take(event)

    async def _end(self, event: Event) -> None:
        await self.flush()
        await self._emit(event)

    async def flush(self, *, cut: bool = False) -> None:
        """Show what is held back; the next delta begins a new text."""
        await self._flush_thinking(cut=cut)
        text, self._text = self._text, None
        if text is not None and (shown := text.end(cut=cut)):
            await self._emit(TextDelta(shown))

    async def _flush_thinking(self, *, cut: bool) -> None:
        thinking, self._thinking = self._thinking, None
        if thinking is not None and (shown := thinking.end(cut=cut)):
            await self._emit(ThinkingDelta(shown))


async def nothing() -> None:
    """What is awaited where everything is held back."""
