"""The layer that keeps Claif's own keys out of answers: a server that repeats its key, a tool that read the keys file.

Only what is known to be a secret of this process is masked, exactly; text that merely looks like a key may be what the
user asked for. A delta that cannot have the beginning of a secret in it, which is nearly every one, is handed on as it
is and costs one search.
"""

from __future__ import annotations

from collections.abc import Awaitable

from ..config.redact import Matcher, StreamRedactor, matcher, redact, redact_known
from ..errors import ClaifError
from ..models import (
    Event,
    Finished,
    Message,
    Notice,
    Query,
    Role,
    TextBlock,
    TextDelta,
    TextReset,
    ThinkingDelta,
    UsageReport,
)
from ..pipeline.rewrite import rewritten_message
from ..pipeline.run import current_run
from ..pipeline.types import Emit, Handler, Layer, Slot


class _Passage:
    """The events of one answer on their way through."""

    __slots__ = ("_emit", "_matcher", "_text", "_thinking")

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._matcher: Matcher | None = None
        self._text: StreamRedactor
        self._thinking: StreamRedactor

    def take(self, event: Event) -> Awaitable[None]:
        """Hand an event on; no coroutine of its own for what passes as it is."""
        found = self._matcher
        if found is None:
            # The first event: by now the provider has found its key.
            found = self._matcher = matcher()
            self._text, self._thinking = StreamRedactor(found), StreamRedactor(found)
        if not found.forms:
            return self._emit(event)
        kind = event.__class__
        if kind is TextDelta or kind is ThinkingDelta:
            stream = self._text if kind is TextDelta else self._thinking
            if stream.passes(event.text):  # type: ignore[union-attr] # these two kinds have it
                return self._emit(event)
        elif kind is UsageReport:
            return self._emit(event)
        return self._redact(event)

    async def _redact(self, event: Event) -> None:
        match event:
            case TextDelta():
                if shown := self._text.feed(event.text):
                    await self._emit(TextDelta(shown))
                return
            case ThinkingDelta():
                if shown := self._thinking.feed(event.text):
                    await self._emit(ThinkingDelta(shown))
                return
            case TextReset():
                self._text.end()
                self._thinking.end()
            case Message():
                if event.role is Role.ASSISTANT:
                    await self.flush()
                await self._emit(self.message(event))
                return
            case Finished():
                await self.flush()
            case Notice():
                event = Notice(event.kind, redact(event.text), event.data)
            case _:
                pass
        await self._emit(redact_known(event))

    async def flush(self) -> None:
        """Show what is held back, now that nothing follows."""
        if self._matcher is None:
            return
        if shown := self._thinking.end():
            await self._emit(ThinkingDelta(shown))
        if shown := self._text.end():
            await self._emit(TextDelta(shown))

    def message(self, message: Message) -> Message:
        """The message without secrets, also those that are split over its blocks."""
        found = self._matcher or matcher()
        texts = [block.text for block in message.content if isinstance(block, TextBlock)]
        text = "".join(texts)
        if len(texts) == len(message.content) and not found.spans(text) and found.unfinished(text) == len(text):
            return message
        return rewritten_message(message, lambda: StreamRedactor(found))


def _wrap(handler: Handler) -> Handler:
    async def redacted(query: Query, emit: Emit) -> None:
        passage = _Passage(emit)
        try:
            await handler(query, passage.take)
        except BaseException as error:
            run = current_run.get()
            if run.partial is not None:
                run.partial = passage.message(run.partial)
            if isinstance(error, ClaifError) and error.partial is not None:
                error.partial = passage.message(error.partial)
            if isinstance(error, Exception):
                await passage.flush()  # noqa: ASYNC102 - not when cancelled
            raise
        await passage.flush()

    return redacted


def redact_layer() -> Layer:
    """Mask the keys that this process knows wherever they stand in an answer."""
    return Layer(slot=Slot.REDACT, wrap=_wrap, name="redact", distribution="claif")
