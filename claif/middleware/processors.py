"""The layer that runs the message processors of plugins over each complete message."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING

from ..models import Event, Message, Query, TextDelta, ThinkingDelta
from ..pipeline.rewrite import nothing
from ..pipeline.run import current_run
from ..pipeline.types import Emit, Handler, Layer, Slot

if TYPE_CHECKING:
    from ..plugin.processors import Processor


def process(processors: Sequence[Processor], message: Message, query: Query) -> Message | None:
    """Run the processors one after the other; `None` as soon as one drops the message."""
    for processor in processors:
        changed = processor.apply(message, query)
        if changed is None:
            return None
        message = changed
    return message


def processors_layer(processors: Sequence[Processor]) -> Layer:
    """Hold deltas back while a processor may change their text, and emit processed messages."""
    hold = not all(processor.keeps_text for processor in processors)

    def wrap(handler: Handler) -> Handler:
        async def processed(query: Query, emit: Emit) -> None:
            def pass_on(event: Event) -> Awaitable[None]:
                if isinstance(event, Message):
                    changed = process(processors, event, query)
                    return nothing() if changed is None else emit(changed)
                return nothing() if hold and isinstance(event, (TextDelta, ThinkingDelta)) else emit(event)

            try:
                await handler(query, pass_on)
            except BaseException:
                run = current_run.get()
                if run.partial is not None:
                    partial, run.partial = run.partial, None
                    run.partial = process(processors, partial, query)
                raise

        return processed

    names = ", ".join([each.name if each.shipped else f"{each.distribution}:{each.name}" for each in processors])
    return Layer(slot=Slot.PROCESSORS, wrap=wrap, name=f"processors ({names})", distribution="claif")
