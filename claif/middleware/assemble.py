"""The layer that makes streams well-formed, so that no provider has to and every consumer can rely on it."""

from __future__ import annotations

from ..models import (
    ContentBlock,
    Event,
    Finished,
    Message,
    Notice,
    Query,
    Role,
    Started,
    TextBlock,
    TextDelta,
    TextReset,
    ThinkingBlock,
    ThinkingDelta,
    ToolUse,
)
from ..pipeline.run import Run, current_run
from ..pipeline.types import Emit, Handler, Layer, Slot


class Assembly:
    """Collects the pieces of the message that is coming."""

    __slots__ = ("_blocks", "_pieces", "_thinking")

    def __init__(self) -> None:
        self._blocks: list[ContentBlock] = []
        self._pieces: list[str] = []
        self._thinking = False

    def add(self, event: TextDelta | ThinkingDelta) -> None:
        """Take a delta; a change between text and thinking begins a new block."""
        thinking = isinstance(event, ThinkingDelta)
        if thinking is not self._thinking:
            self._close_block()
            self._thinking = thinking
        self._pieces.append(event.text)

    def add_block(self, block: ContentBlock) -> None:
        """Take a whole block."""
        self._close_block()
        self._blocks.append(block)

    def clear(self) -> None:
        """Forget everything."""
        self._blocks, self._pieces = [], []

    def message(self) -> Message | None:
        """The message that the pieces make; `None` if nothing came."""
        self._close_block()
        return Message(Role.ASSISTANT, self._blocks) if self._blocks else None

    def _close_block(self) -> None:
        if self._pieces:
            text = "".join(self._pieces)
            self._blocks.append(ThinkingBlock(text) if self._thinking else TextBlock(text))
            self._pieces = []


class _Stream:
    """What the layer does with an event, by kind.

    1. The first event is `Started`, but for notices; if the provider sends none, one is made. A second one is dropped.
    2. Deltas and tool uses are collected and handed on.
    3. A complete `Message` of the assistant supersedes the deltas before it; the deltas are forgotten.
    4. `TextReset` withdraws the deltas.
    5. `Finished` is held back until the provider has returned; before it comes the message that is still open.
    """

    __slots__ = ("_emit", "_finished", "_run", "_started", "assembly")

    def __init__(self, run: Run, emit: Emit) -> None:
        self.assembly = Assembly()
        self._run = run
        self._emit = emit
        self._started = False
        self._finished = Finished()

    async def take(self, event: Event) -> None:
        if isinstance(event, Started):
            if not self._started:
                await self._start(event)
            return
        if not self._started:
            if isinstance(event, Notice):
                await self._emit(event)
                return
            await self._start(Started(""))
        if isinstance(event, (TextDelta, ThinkingDelta)):
            self.assembly.add(event)
        elif isinstance(event, Finished):
            self._finished = event
            return
        elif isinstance(event, ToolUse):
            self.assembly.add_block(event.block)
        elif isinstance(event, TextReset) or (isinstance(event, Message) and event.role is Role.ASSISTANT):
            self.assembly.clear()
        await self._emit(event)

    async def end(self) -> None:
        if not self._started:
            await self._start(Started(""))
        if (message := self.assembly.message()) is not None:
            await self._emit(message)
            self.assembly.clear()
        await self._emit(self._finished)

    async def _start(self, event: Started) -> None:
        self._started = True
        run = self._run
        provider, model = run.provider or event.provider, event.model or run.model
        await self._emit(Started(provider, model, event.id, event.conversation, event.sandbox))


def _wrap(handler: Handler) -> Handler:
    async def assemble(query: Query, emit: Emit) -> None:
        run = current_run.get()
        stream = _Stream(run, emit)
        try:
            await handler(query, stream.take)
            await stream.end()
        except BaseException:
            run.partial = stream.assembly.message()
            raise

    return assemble


def assemble_layer() -> Layer:
    """Add `Started`, the `Message` of the deltas and `Finished`, in this order and once each."""
    return Layer(slot=Slot.ASSEMBLE, wrap=_wrap, name="assemble", distribution="claif")
