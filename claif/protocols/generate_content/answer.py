"""The answer as it grows: its blocks, with the signatures of the parts that they came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...models import ContentBlock, Message, TextBlock, ThinkingBlock
from .signatures import mark_signature

if TYPE_CHECKING:
    from .signatures import Place


class Answer:
    """Collects the blocks of one answer.

    The pieces of a stream join to blocks as the deltas do, but a part that has a signature stays a block of its own.
    """

    __slots__ = ("_blocks", "_more", "_pieces", "_thinking")

    def __init__(self) -> None:
        self._blocks: list[ContentBlock] = []
        self._pieces: list[str] = []
        self._thinking = False
        self._more = False

    def add_text(self, text: str, *, thought: bool, signature: str | None) -> None:
        """A part of text, or of a thought."""
        if signature is None:
            if thought is not self._thinking:
                self._close_block()
                self._thinking = thought
            if text:
                self._pieces.append(text)
        elif thought:
            self._close_block()
            self._blocks.append(ThinkingBlock(text, mark_signature("own", signature)))
            self._more = True
        elif text:
            self.add_block(TextBlock(text), signature)
        else:
            self._sign("empty", signature)

    def add_block(self, block: ContentBlock, signature: str | None) -> None:
        """A part that is whole."""
        if signature is None:
            self._close_block()
        else:
            self._sign("next", signature)
        self._blocks.append(block)

    def needs_message(self) -> None:
        """There is something in it that no event has shown."""
        self._more = True

    def message(self) -> list[Message]:
        """The whole message, if it has more in it than the deltas and the calls: signatures or images."""
        self._close_block()
        return [Message.assistant(self._blocks)] if self._more else []

    def _sign(self, place: Place, signature: str) -> None:
        """Keep a signature in the thought that stands before its part, or else in an empty one."""
        self._close_block()
        self._more = True
        before = self._blocks[-1] if self._blocks else None
        text = ""
        if isinstance(before, ThinkingBlock) and before.signature is None:
            text = before.text
            self._blocks.pop()
        self._blocks.append(ThinkingBlock(text, mark_signature(place, signature)))

    def _close_block(self) -> None:
        if self._pieces:
            text = "".join(self._pieces)
            self._blocks.append(ThinkingBlock(text) if self._thinking else TextBlock(text))
            self._pieces = []
