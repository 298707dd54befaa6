"""Rewriting an answer while it streams: what is shown, stored and told by errors has passed the rewriter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from attrs import evolve

from ..errors import ClaifError
from ..models import (
    ContentBlock,
    Event,
    Finished,
    Message,
    Notice,
    Query,
    Role,
    TextBlock,
    TextDelta,
    TextReset,
    ThinkingBlock,
    ThinkingDelta,
    ToolResult,
    ToolResultBlock,
    ToolUse,
    ToolUseBlock,
    UnknownBlock,
    UnknownEvent,
)
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

    def wrap(handler: Handler) -> Handler:
        async def rewritten(query: Query, emit: Emit) -> None:
            rewriting_ = _Rewriting(make, text_only, emit)
            try:
                await handler(query, rewriting_.take)
            except BaseException as error:
                run = current_run.get()
                partial, run.partial = run.partial, None
                run.partial = partial and rewritten_message(partial, make, text_only=text_only, cut=True)
                if isinstance(error, ClaifError) and error.partial is not None:
                    error.partial = rewritten_message(error.partial, make, text_only=text_only, cut=True)
                if isinstance(error, Exception):
                    await rewriting_.flush(cut=True)  # noqa: ASYNC102 - not when cancelled
                raise
            await rewriting_.flush()

        return rewritten

    return wrap


class _Rewriting:
    """The events of one answer on their way through."""

    def __init__(self, make: Callable[[], Rewriter], text_only: bool, emit: Emit) -> None:
        self._make = make
        self._text_only = text_only
        self._emit = emit
        self._text: Rewriter | None = None
        self._thinking: Rewriter | None = None

    async def take(self, event: Event) -> None:
        if isinstance(event, TextDelta):
            # The model thinks before it speaks: what is held back of a thought would else come after the answer.
            await self._flush_thinking(cut=False)
            if self._text is None:
                self._text = self._make()
            if shown := self._text.feed(event.text):
                await self._emit(TextDelta(shown))
            return
        if isinstance(event, ThinkingDelta) and not self._text_only:
            if self._thinking is None:
                self._thinking = self._make()
            if shown := self._thinking.feed(event.text):
                await self._emit(ThinkingDelta(shown))
            return
        if isinstance(event, TextReset):
            self._text = self._thinking = None
        elif isinstance(event, Finished) or (isinstance(event, Message) and event.role is Role.ASSISTANT):
            await self.flush()
        await self._emit(self._rewritten(event))

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

    def _rewritten(self, event: Event) -> Event:
        if isinstance(event, Message):
            return rewritten_message(event, self._make, text_only=self._text_only)
        if self._text_only:
            return event
        match event:
            case ToolUse() | ToolResult():
                return evolve(event, block=_block(event.block, self._make))
            case Notice():
                return evolve(event, text=_whole(self._make, event.text), data=_data(self._make, event.data))
            case UnknownEvent():
                return UnknownEvent(_data(self._make, event.raw))
            case _:
                return event


def rewritten_message(
    message: Message, make: Callable[[], Rewriter], *, text_only: bool = False, cut: bool = False
) -> Message:
    """A message whose texts have passed the rewriter; its metadata is left alone.

    Joined, its text blocks are what the same text in deltas would have become. `cut` tells that an error ended it.
    """
    texts = iter(_texts(make, [block.text for block in message.content if isinstance(block, TextBlock)], cut=cut))
    content: list[ContentBlock] = []
    for block in message.content:
        if isinstance(block, TextBlock):
            content.append(TextBlock(next(texts)))
        else:
            content.append(block if text_only else _block(block, make, cut=cut))
    return evolve(message, content=content)


def _texts(make: Callable[[], Rewriter], texts: Sequence[str], *, cut: bool) -> list[str]:
    """Each text rewritten by itself; or, where that is not the same, one after the other by one rewriter."""
    last = len(texts) - 1
    each = [_whole(make, text, cut=cut and number == last) for number, text in enumerate(texts)]
    if len(texts) > 1 and "".join(each) != _whole(make, "".join(texts), cut=cut):
        rewriter = make()
        each = [rewriter.feed(text) for text in texts]
        each[-1] += rewriter.end(cut=cut)
    return each


def _block(block: Any, make: Callable[[], Rewriter], *, cut: bool = False) -> Any:
    match block:
        case ThinkingBlock():
            text = _whole(make, block.text, cut=cut)
            # A signature vouches for what the model thought, which this is no longer.
            return block if text == block.text else ThinkingBlock(text)
        case ToolUseBlock():
            return evolve(block, parameters=_data(make, block.parameters))
        case ToolResultBlock():
            return evolve(block, content=_whole(make, block.content))
        case UnknownBlock():
            return UnknownBlock(_data(make, block.raw))
        case _:
            return block


def _data(make: Callable[[], Rewriter], value: Any) -> Any:
    """JSON data with its texts rewritten."""
    if isinstance(value, str):
        return _whole(make, value)
    if isinstance(value, Mapping):
        return {_data(make, key): _data(make, item) for key, item in value.items()}
    return [_data(make, item) for item in value] if isinstance(value, list | tuple) else value


def _whole(make: Callable[[], Rewriter], text: str, *, cut: bool = False) -> str:
    rewriter = make()
    return rewriter.feed(text) + rewriter.end(cut=cut)
