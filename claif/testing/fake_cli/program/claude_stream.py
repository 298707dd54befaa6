"""What Claude Code tells of an answer: its blocks in pieces, if they are wanted, and each one whole when it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from .claude_records import message

TEXTS = {"text": {"type": "text", "text": ""}, "thinking": {"type": "thinking", "thinking": "", "signature": "c2ln"}}
"""Blocks that are said piece by piece."""


class Stream:
    """The messages of one turn.

    Args:
        tell: sends a record.
        model: whose messages they are.
        partial: whether the pieces are told.

    Attributes:
        said: the text of the last block that had one.
    """

    def __init__(self, tell: Callable[[dict[str, Any]], None], model: str, *, partial: bool) -> None:
        self.said = ""
        self._tell = tell
        self._model = model
        self._partial = partial
        self.forget()

    def forget(self) -> None:
        """Begin a new message; what was said of the last one is void."""
        self._identity = ""
        self._block: dict[str, Any] | None = None
        self._index = 0

    def piece(self, kind: str, text: str) -> None:
        """Say a piece of a text or of a thought."""
        block = self._block if self._block is not None and self._block["type"] == kind else None
        if block is None:
            block = self._open(dict(TEXTS[kind]))
        block[kind] += text
        self._event({"type": "content_block_delta", "delta": {"type": f"{kind}_delta", kind: text}})

    def tool_use(self, block: dict[str, Any]) -> None:
        """Use a tool, which ends the message."""
        self._open(block)
        self.end("tool_use")

    def close(self) -> None:
        """Complete the block that is open: what counts is told only now."""
        if self._block is None:
            return
        block, self._block = self._block, None
        self.said = block.get("text", self.said)
        self._tell({"type": "assistant", "message": message(self._identity, self._model, [block])})
        self._event({"type": "content_block_stop"})
        self._index += 1

    def end(self, reason: str) -> None:
        """Complete the message."""
        self.close()
        if self._identity:
            self._event({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 6}})
            self._event({"type": "message_stop"})
        self.forget()

    def _open(self, block: dict[str, Any]) -> dict[str, Any]:
        self.close()
        if not self._identity:
            self._identity = f"msg_{uuid4().hex[:12]}"
            self._event({"type": "message_start", "message": message(self._identity, self._model, [])})
        self._block = block
        self._event({"type": "content_block_start", "content_block": dict(block)})
        return block

    def _event(self, event: dict[str, Any]) -> None:
        if self._partial:
            place = {"index": self._index} if event["type"].startswith("content_block") else {}
            self._tell({"type": "stream_event", "event": {**event, **place}})
