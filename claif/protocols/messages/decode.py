"""From the events of the Messages API to Claif's; written by hand, since every token passes through it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ...models import Event, Finished, Started, UnknownEvent, UsageReport
from .answer import Answer
from .usage import read_usage

if TYPE_CHECKING:
    from ..failures import ErrorSource

DONE = "[DONE]"
"""Anthropic does not send it; gateways do."""

FINISH_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "content_filter",
}
"""Where the protocol's word is not ours; every other word stays as it came."""


class Decoder:
    """Decodes one response.

    What becomes of an event, by its `type`:

    1. `message_start` brings `Started`, with the id and the model that the server names.
    2. Deltas of text are text, those of thoughts are thinking; signatures and the inputs of tools are collected.
    3. A call comes when its block is complete; a block of an unknown kind is then an `UnknownEvent`.
    4. `message_delta` has the reason of the end and the tokens so far, `message_stop` is the end; `ping` is nothing.
    5. `error` is raised; what is not known is an `UnknownEvent`.

    Args:
        source: whom errors name.

    Attributes:
        done: `message_stop` has come.
    """

    __slots__ = ("_answer", "_reason", "_source", "_started", "_usage", "done")

    def __init__(self, source: ErrorSource) -> None:
        self._source = source
        self._answer = Answer()
        self._reason = "stop"
        self._started = False
        self._usage: dict[str, Any] = {}
        self.done = False

    def feed(self, data: str) -> Sequence[Event]:
        """Decode the data of one server-sent event.

        Raises:
            ClaifError: it is not a JSON object, or the server reports an error in it.
        """
        if self.done or data == DONE:
            return ()
        chunk = self._source.parse_object(data)
        kind = chunk.get("type")
        if kind == "content_block_delta":
            return self._delta(chunk)
        method = _METHODS.get(kind) if isinstance(kind, str) else None
        if method is not None:
            handle: Callable[[dict[str, Any]], list[Event]] = getattr(self, method)
            return handle(chunk)
        if chunk.get("error"):
            raise self._source.from_stream(chunk)
        return [UnknownEvent(chunk)]

    def decode(self, body: Any) -> Sequence[Event]:
        """Decode a whole answer that came in one piece.

        Raises:
            ClaifError: it is not a message, or the server reports an error in it.
        """
        if not isinstance(body, dict):
            raise self._source.garbled(f"a message that is no JSON object but {type(body).__name__}")
        content = body.get("content")
        if not isinstance(content, list):
            if body.get("error"):
                raise self._source.from_stream(body)
            raise self._source.garbled("a body that is not a message")
        events = self._start(body)
        for index, block in enumerate(content):
            if isinstance(block, dict):
                events += self._answer.begin(index, block)
                events += self._answer.end(index)
        events += self._message_delta({"delta": body, "usage": body.get("usage")})
        self.done = True
        return events

    def close(self) -> list[Event]:
        """The last events, after the end of the response.

        Raises:
            ConnectionError: the response ended before the answer did.
        """
        if not self.done:
            raise self._source.cut()
        return [*self._answer.message(), Finished(self._reason)]

    def _delta(self, chunk: dict[str, Any]) -> list[Event]:
        index, delta = _index(chunk), chunk.get("delta")
        kind = delta.get("type") if isinstance(delta, dict) else None
        if delta is None or kind is None:
            return [UnknownEvent(chunk)]
        if kind == "text_delta":
            return self._answer.add_text(index, delta.get("text"))
        if kind == "thinking_delta":
            return self._answer.add_thought(index, delta.get("thinking"))
        if kind == "signature_delta":
            self._answer.add_signature(index, delta.get("signature"))
            return []
        if kind == "input_json_delta":
            self._answer.add_input(index, delta.get("partial_json"))
            return []
        return [UnknownEvent(chunk)]

    def _block_start(self, chunk: dict[str, Any]) -> list[Event]:
        block = chunk.get("content_block")
        return self._answer.begin(_index(chunk), block) if isinstance(block, dict) else [UnknownEvent(chunk)]

    def _block_stop(self, chunk: dict[str, Any]) -> list[Event]:
        return self._answer.end(_index(chunk))

    def _message_start(self, chunk: dict[str, Any]) -> list[Event]:
        message = chunk.get("message")
        message = message if isinstance(message, dict) else {}
        self._count(message.get("usage"))
        return self._start(message)

    def _start(self, message: dict[str, Any]) -> list[Event]:
        if self._started:
            return []
        self._started = True
        return [Started(self._source.provider, _text(message.get("model")), _text(message.get("id")))]

    def _message_delta(self, chunk: dict[str, Any]) -> list[Event]:
        delta = chunk.get("delta")
        reason = delta.get("stop_reason") if isinstance(delta, dict) else None
        if isinstance(reason, str) and reason:
            self._reason = FINISH_REASONS.get(reason, reason)
        self._count(chunk.get("usage"))
        return [UsageReport(read_usage(self._usage))] if self._usage else []

    def _count(self, usage: Any) -> None:
        # The counts are cumulative; the later ones may leave out what the first have said.
        if isinstance(usage, dict):
            self._usage |= {name: count for name, count in usage.items() if count is not None}

    def _message_stop(self, _chunk: dict[str, Any]) -> list[Event]:
        self.done = True
        return self._answer.end_all()

    def _ping(self, _chunk: dict[str, Any]) -> list[Event]:
        return []

    def _error(self, chunk: dict[str, Any]) -> list[Event]:
        # The type of the event itself says nothing about the error.
        raise self._source.from_stream({"error": chunk.get("error") or {"message": None}})


_METHODS = {
    "message_start": "_message_start",
    "content_block_start": "_block_start",
    "content_block_stop": "_block_stop",
    "message_delta": "_message_delta",
    "message_stop": "_message_stop",
    "ping": "_ping",
    "error": "_error",
}
"""Which method of `Decoder` takes an event, by its type."""


def _index(chunk: dict[str, Any]) -> int | None:
    index = chunk.get("index")
    return index if index.__class__ is int else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
