"""The answer as it grows: its items, what has been shown of each, and what their ends still add."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

from attrs import define, field

from claif.api import (
    ContentBlock,
    Event,
    Message,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolUse,
    UnknownEvent,
    call_event,
)
from claif_openai.responses.signature import signature_of

CALL = "function_call"


@define
class _Item:
    """One item of the output; `pieces` is what was shown of it, or the arguments of a call."""

    kind: str
    pieces: list[str] = field(factory=list)
    name: str = ""
    call_id: str = ""
    arguments: str | None = None
    signature: str | None = None
    block: ContentBlock | None = None
    done: bool = False


class Answer:
    """Collects the items of one answer.

    How an event finds its item:

    1. By its `output_index`; OpenAI always sends one,
    2. or by the item's id; llama.cpp sends only that,
    3. or it belongs to the last item.

    The `output` at the end of the answer repeats all items; there the id counts first.

    Attributes:
        called: a function was called.
    """

    __slots__ = ("_by_id", "_by_index", "_items", "_shown", "_signed", "called")

    def __init__(self) -> None:
        self._items: list[_Item] = []
        self._by_index: dict[int, _Item] = {}
        self._by_id: dict[str, _Item] = {}
        self._shown: list[str] = []
        self._signed = False
        self.called = False

    def add_item(self, chunk: dict[str, Any]) -> None:
        """An item begins."""
        item = _table(chunk.get("item"))
        begun = self._find(chunk, item)
        if begun is None or begun.done:
            begun = self._new(chunk, item, _text(item.get("type")))
        begun.kind = _text(item.get("type")) or begun.kind
        _take_names(begun, item)

    def add_text(self, chunk: dict[str, Any], text: str) -> None:
        """A piece of text was shown."""
        self._shown.append(text)
        self._growing(chunk, "message").pieces.append(text)

    def add_thought(self, chunk: dict[str, Any], text: str) -> None:
        """A piece of a thought was shown."""
        self._growing(chunk, "reasoning").pieces.append(text)

    def new_summary_part(self, chunk: dict[str, Any]) -> list[Event]:
        """The summary of a thought goes on with another paragraph."""
        item = self._growing(chunk, "reasoning")
        if not item.pieces:
            return []
        item.pieces.append("\n\n")
        return [ThinkingDelta("\n\n")]

    def add_arguments(self, chunk: dict[str, Any]) -> None:
        """A piece of a call's arguments, or all of them."""
        item = self._growing(chunk, CALL)
        if isinstance(delta := chunk.get("delta"), str):
            item.pieces.append(delta)
        if isinstance(whole := chunk.get("arguments"), str):
            item.arguments = whole
        item.name = item.name or _text(chunk.get("name"))

    def finish_item(self, chunk: dict[str, Any], *, again: bool = False) -> list[Event]:
        """An item is complete: what of it was not shown yet.

        Args:
            chunk: has the `item`.
            again: whether it stands in the `output` that ends the answer.
        """
        raw = chunk.get("item")
        if not isinstance(raw, dict):
            return []
        kind = _text(raw.get("type"))
        item = self._find(chunk, raw, by_id=again)
        if item is None or (item.done and not again):
            item = self._new(chunk, raw, kind)
        if item.done:
            return []
        item.kind, item.done = kind or item.kind, True
        if kind == "message":
            return self._finish_text(item, _parts(raw.get("content")))
        if kind == "reasoning":
            return self._finish_thought(item, raw)
        if kind == CALL:
            _take_names(item, raw)
            if isinstance(arguments := raw.get("arguments"), str) and (arguments or not item.pieces):
                item.arguments = arguments
            return [self._call(item)]
        return [UnknownEvent(raw)]

    def finish_calls(self) -> list[Event]:
        """The calls that were begun and whose end never came."""
        unfinished = [item for item in self._items if item.kind == CALL and not item.done]
        for item in unfinished:
            item.done = True
        return [self._call(item) for item in unfinished]

    def message(self) -> list[Event]:
        """The whole message, if it has more in it than what was shown: proofs of thoughts.

        It says what was shown, or it does not come: a server that mixes the pieces of its items gets no proofs back.
        """
        if not self._signed:
            return []
        message = Message.assistant([block for item in self._items if (block := _block(item)) is not None])
        return [message] if message.text == "".join(self._shown) else []

    def _finish_text(self, item: _Item, whole: list[str]) -> list[Event]:
        text, shown = "".join(whole), "".join(item.pieces)
        if len(text) <= len(shown) or not text.startswith(shown):
            return []
        missing = text[len(shown) :]
        item.pieces.append(missing)
        self._shown.append(missing)
        return [TextDelta(missing)]

    def _finish_thought(self, item: _Item, raw: dict[str, Any]) -> list[Event]:
        item.signature = signature_of(raw)
        self._signed |= item.signature is not None
        thought = "".join(_parts(raw.get("content"))) or "\n\n".join(_parts(raw.get("summary")))
        if item.pieces or not thought:
            return []
        item.pieces.append(thought)
        return [ThinkingDelta(thought)]

    def _call(self, item: _Item) -> Event:
        text = "".join(item.pieces) if item.arguments is None else item.arguments
        event = call_event(item.call_id or f"call_{token_hex(5)}", item.name, text)
        if isinstance(event, ToolUse):
            self.called = True
            item.block = event.block
        return event

    def _growing(self, chunk: dict[str, Any], kind: str) -> _Item:
        item = self._find(chunk, {})
        if item is None or (item.kind and item.kind != kind):
            item = self._new(chunk, {}, kind)
        item.kind = kind
        return item

    def _find(self, chunk: dict[str, Any], item: dict[str, Any], *, by_id: bool = False) -> _Item | None:
        index, identity = chunk.get("output_index"), chunk.get("item_id") or item.get("id")
        known = self._by_id.get(identity) if isinstance(identity, str) else None
        if by_id and known is not None:
            return known
        if index.__class__ is int:
            return self._by_index.get(index)
        if isinstance(identity, str):
            return known
        return self._items[-1] if self._items and not item else None

    def _new(self, chunk: dict[str, Any], raw: dict[str, Any], kind: str) -> _Item:
        item = _Item(kind)
        self._items.append(item)
        index, identity = chunk.get("output_index"), chunk.get("item_id") or raw.get("id")
        if index.__class__ is int:
            self._by_index[index] = item
        if isinstance(identity, str):
            self._by_id[identity] = item
        return item


def _block(item: _Item) -> ContentBlock | None:
    text = "".join(item.pieces)
    if item.kind == "reasoning":
        return ThinkingBlock(text, item.signature) if text or item.signature else None
    if item.kind == "message":
        return TextBlock(text) if text else None
    return item.block


def _take_names(item: _Item, raw: dict[str, Any]) -> None:
    item.name = _text(raw.get("name")) or item.name
    # The id of the call, not that of the item, is what its result must name.
    item.call_id = _text(raw.get("call_id")) or item.call_id or _text(raw.get("id"))


def _parts(parts: Any) -> list[str]:
    """The texts of a list of parts: text, refusals, summaries."""
    if not isinstance(parts, list):
        return []
    texts = [part.get("text") or part.get("refusal") for part in parts if isinstance(part, dict)]
    return [text for text in texts if isinstance(text, str)]


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
