"""The answer as it grows: its content blocks, and what the end of each still adds."""

from __future__ import annotations

from typing import Any

from attrs import define, field

from ..._json import loads as json_loads
from ...errors import ProtocolError
from ...models import (
    ContentBlock,
    Event,
    Message,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolUse,
    UnknownBlock,
    UnknownEvent,
)
from ..calls import call_event
from .signature import marked

TEXT, THINKING, CALL = "text", "thinking", "tool_use"
KNOWN = frozenset((TEXT, THINKING, CALL))


@define
class _Block:
    """One content block; `pieces` is its text, its thought, or the JSON text of its input; `proof` the signature."""

    kind: str
    raw: dict[str, Any] = field(factory=dict)
    pieces: list[str] = field(factory=list)
    proof: list[str] = field(factory=list)
    call: ContentBlock | None = None
    done: bool = False


class Answer:
    """Collects the blocks of one answer, each of which has an `index`.

    A piece whose index has no open block of its kind begins one. If pieces come for a block that is no longer the last,
    the order of what was shown is not that of the blocks, and no message is made of them.
    """

    __slots__ = ("_blocks", "_by_index", "_mixed", "_more")

    def __init__(self) -> None:
        self._blocks: list[_Block] = []
        self._by_index: dict[Any, _Block] = {}
        self._mixed = False
        self._more = False

    def begin(self, index: Any, raw: dict[str, Any]) -> list[Event]:
        """A block begins; what it already has is shown."""
        kind = raw.get("type")
        block = self._new(index, kind if isinstance(kind, str) else "")
        block.raw = raw
        if kind == TEXT:
            return self.add_text(index, raw.get("text"))
        if kind == THINKING:
            self.add_signature(index, raw.get("signature"))
            return self.add_thought(index, raw.get("thinking"))
        return []

    def add_text(self, index: Any, text: Any) -> list[Event]:
        """A piece of text."""
        if not isinstance(text, str) or not text:
            return []
        self._growing(index, TEXT).pieces.append(text)
        return [TextDelta(text)]

    def add_thought(self, index: Any, text: Any) -> list[Event]:
        """A piece of a thought."""
        if not isinstance(text, str) or not text:
            return []
        self._growing(index, THINKING).pieces.append(text)
        return [ThinkingDelta(text)]

    def add_signature(self, index: Any, signature: Any) -> None:
        """A proof of a thought, or a piece of one."""
        if isinstance(signature, str) and signature:
            self._growing(index, THINKING).proof.append(signature)
            self._more = True

    def add_input(self, index: Any, text: Any) -> None:
        """A piece of the input of a tool, be it ours or one that runs at the provider."""
        block = self._by_index.get(index)
        if block is None or block.done or block.kind in (TEXT, THINKING):
            block = self._new(index, CALL)
        if isinstance(text, str):
            block.pieces.append(text)

    def end(self, index: Any) -> list[Event]:
        """A block is complete."""
        block = self._by_index.get(index)
        return [] if block is None else self._end(block)

    def end_all(self) -> list[Event]:
        """The answer is complete, and so are the blocks whose end never came."""
        return [event for block in self._blocks for event in self._end(block)]

    def message(self) -> list[Event]:
        """The whole message, if it has more in it than what was shown: proofs of thoughts, and unknown blocks."""
        if not self._more or self._mixed:
            return []
        return [Message.assistant([made for block in self._blocks if (made := _made(block)) is not None])]

    def _end(self, block: _Block) -> list[Event]:
        if block.done:
            return []
        block.done = True
        if block.kind == CALL:
            given = block.raw.get("input")
            text = "".join(block.pieces)
            arguments = given if isinstance(given, dict) and not text.strip() else text
            event = call_event(_text(block.raw.get("id")), _text(block.raw.get("name")), arguments)
            block.call = event.block if isinstance(event, ToolUse) else None
            return [event]
        if block.kind in KNOWN:
            return []
        self._more = True
        if block.pieces:
            block.raw = {**block.raw, "input": _input("".join(block.pieces))}
        return [UnknownEvent(block.raw)]

    def _growing(self, index: Any, kind: str) -> _Block:
        block = self._by_index.get(index)
        if block is None or block.done or block.kind != kind:
            block = self._new(index, kind)
        if block is not self._blocks[-1]:
            self._mixed = True
        return block

    def _new(self, index: Any, kind: str) -> _Block:
        block = self._by_index[index] = _Block(kind)
        self._blocks.append(block)
        return block


def _made(block: _Block) -> ContentBlock | None:
    text = "".join(block.pieces)
    if block.kind == TEXT:
        return TextBlock(text) if text else None
    if block.kind == THINKING:
        return ThinkingBlock(text, marked("".join(block.proof))) if text or block.proof else None
    return block.call if block.kind == CALL else UnknownBlock(block.raw)


def _input(text: str) -> Any:
    try:
        return json_loads(text)
    except ProtocolError:
        return text


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
