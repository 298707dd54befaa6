"""Rewriting what is complete: messages, the blocks in them, and the data of other events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from ..models import (
    ContentBlock,
    Event,
    Message,
    Notice,
    TextBlock,
    ThinkingBlock,
    ToolResult,
    ToolResultBlock,
    ToolUse,
    ToolUseBlock,
    UnknownBlock,
    UnknownEvent,
)

if TYPE_CHECKING:
    from .rewrite import Rewriter


def rewritten_message(
    message: Message, make: Callable[[], Rewriter], *, text_only: bool = False, cut: bool = False
) -> Message:
    """A message whose texts have passed the rewriter, the message itself if that changes none; its metadata stays.

    Joined, its text blocks are what the same text in deltas would have become. `cut` tells that an error ended it.
    """
    texts = iter(_texts(make, [block.text for block in message.content if isinstance(block, TextBlock)], cut=cut))
    content: list[ContentBlock] = []
    for block in message.content:
        if isinstance(block, TextBlock):
            content.append(TextBlock(next(texts)))
        else:
            content.append(block if text_only else _block(block, make, cut=cut))
    return message if content == list(message.content) else evolve(message, content=content)


def rewritten_event(event: Event, make: Callable[[], Rewriter]) -> Event:
    """An event that is neither a delta nor a message, with its texts rewritten."""
    match event:
        case ToolUse() | ToolResult():
            return evolve(event, block=_block(event.block, make))
        case Notice():
            return evolve(event, text=_whole(make, event.text), data=_data(make, event.data))
        case UnknownEvent():
            return UnknownEvent(_data(make, event.raw))
        case _:
            return event


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
