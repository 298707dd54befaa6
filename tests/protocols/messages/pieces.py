"""Events of the Messages API for tests, and what the decoder makes of them."""

from __future__ import annotations

import json
from typing import Any

from claif.api import Event
from claif.protocols.messages.decode import Decoder
from claif.protocols.messages.failures import MessagesErrors

SOURCE = MessagesErrors("house", "m")


def decode(*data: Any, decoder: Decoder | None = None) -> list[Event]:
    decoder = decoder or Decoder(SOURCE)
    return [event for chunk in data for event in decoder.feed(json.dumps(chunk))]


def start(kind: str, index: int = 0, **more: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": {"type": kind, **more}}


def delta(kind: str, index: int = 0, **more: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **more}}


def text(piece: str, index: int = 0) -> dict[str, Any]:
    return delta("text_delta", index, text=piece)


def arguments(piece: str, index: int = 0) -> dict[str, Any]:
    return delta("input_json_delta", index, partial_json=piece)


def stop(index: int = 0) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def ended(reason: str | None = "end_turn", **usage: Any) -> dict[str, Any]:
    return {"type": "message_delta", "delta": {"stop_reason": reason}, **({"usage": usage} if usage else {})}


END = {"type": "message_stop"}


def complete(*data: Any) -> list[Event]:
    """All events of an answer that ends well, without its beginning."""
    decoder = Decoder(SOURCE)
    return [*decode(*data, decoder=decoder), *decoder.close()]
