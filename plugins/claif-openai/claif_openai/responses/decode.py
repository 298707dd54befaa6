"""From the events of the Responses API to Claif's; written by hand, since every token passes through it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from claif.api import (
    ErrorSource,
    Event,
    Finished,
    Started,
    TextDelta,
    ThinkingDelta,
    UnknownEvent,
    UsageReport,
)
from claif_openai.responses.answer import Answer
from claif_openai.responses.usage import read_usage

DONE = "[DONE]"
"""OpenAI does not send it here; some servers do."""

FINISH_REASONS = {"max_output_tokens": "length"}
"""Where the protocol's word for an incomplete answer is not ours; every other word stays as it came."""

SILENT = frozenset(
    (
        "keepalive",
        "response.content_part.added",
        "response.content_part.done",
        "response.output_text.annotation.added",
        "response.output_text.done",
        "response.reasoning_summary_part.done",
        "response.reasoning_summary_text.done",
        "response.reasoning_text.done",
        "response.refusal.done",
    )
)
"""Events that repeat or announce what others bring."""


_METHODS: Mapping[str, str] = {
    "response.output_text.delta": "_shown",
    "response.refusal.delta": "_shown",
    "response.reasoning_text.delta": "_thought",
    "response.reasoning_summary_text.delta": "_thought",
    "response.reasoning_summary_part.added": "_summary_part",
    "response.function_call_arguments.delta": "_arguments",
    "response.function_call_arguments.done": "_arguments",
    "response.output_item.added": "_item_begins",
    "response.output_item.done": "_item_ends",
    "response.created": "_begins",
    "response.in_progress": "_begins",
    "response.queued": "_begins",
    "response.completed": "_ends",
    "response.incomplete": "_ends",
    "response.failed": "_fails",
    "response.cancelled": "_fails",
    "error": "_error",
}
"""Which method of `Decoder` takes an event, by its type."""


class Decoder:
    """Decodes one response.

    What becomes of an event, by its `type`:

    1. The first that has a `response` brings `Started`, with the id and the model that the server names.
    2. Deltas of text and of refusals are text; deltas of reasoning and of its summary are thinking.
    3. Function calls are collected and come when they are done, or at the latest when the answer is.
    4. A finished item that was not streamed, or not to its end, gives what was missing.
    5. `completed` and `incomplete` end the answer and count its tokens; `failed` and `error` are raised.
    6. What is not known is an `UnknownEvent`.

    Args:
        source: whom errors name.

    Attributes:
        done: the answer is complete.
    """

    __slots__ = ("_answer", "_reason", "_source", "_started", "done")

    def __init__(self, source: ErrorSource) -> None:
        self._source = source
        self._answer = Answer()
        self._reason = "stop"
        self._started = False
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
        # The common event by the shortest way.
        if kind == "response.output_text.delta":
            text = chunk.get("delta")
            if text.__class__ is str and text:
                self._answer.add_text(chunk, text)
                return (TextDelta(text),)
            return ()
        return self._decode(chunk, kind if isinstance(kind, str) else "")

    def decode(self, response: Any) -> list[Event]:
        """Decode a whole answer that came in one piece.

        Raises:
            ClaifError: it is not a response, or the server reports an error in it.
        """
        if not isinstance(response, dict):
            raise self._source.garbled(f"a response that is no JSON object but {type(response).__name__}")
        if response.get("object") != "response" and "output" not in response:
            if response.get("error"):
                raise self._source.from_stream(response)
            raise self._source.garbled("a body that is not a response")
        return self._end(response)

    def close(self) -> list[Event]:
        """The last events, after the end of the response.

        Raises:
            ConnectionError: the response ended before the answer did.
        """
        if not self.done:
            raise self._source.cut()
        return [*self._answer.message(), Finished(self._reason)]

    def _decode(self, chunk: dict[str, Any], kind: str) -> list[Event]:
        if (method := _METHODS.get(kind)) is not None:
            handle: Callable[[dict[str, Any]], list[Event]] = getattr(self, method)
            return handle(chunk)
        if chunk.get("error"):
            raise self._source.from_stream(chunk)
        return [] if kind in SILENT else [UnknownEvent(chunk)]

    def _shown(self, chunk: dict[str, Any]) -> list[Event]:
        text = chunk.get("delta")
        if not isinstance(text, str) or not text:
            return []
        self._answer.add_text(chunk, text)
        return [TextDelta(text)]

    def _thought(self, chunk: dict[str, Any]) -> list[Event]:
        text = chunk.get("delta")
        if not isinstance(text, str) or not text:
            return []
        self._answer.add_thought(chunk, text)
        return [ThinkingDelta(text)]

    def _summary_part(self, chunk: dict[str, Any]) -> list[Event]:
        return self._answer.new_summary_part(chunk)

    def _item_begins(self, chunk: dict[str, Any]) -> list[Event]:
        self._answer.add_item(chunk)
        return []

    def _item_ends(self, chunk: dict[str, Any]) -> list[Event]:
        return self._answer.finish_item(chunk)

    def _arguments(self, chunk: dict[str, Any]) -> list[Event]:
        self._answer.add_arguments(chunk)
        return []

    def _begins(self, chunk: dict[str, Any]) -> list[Event]:
        return self._start(_table(chunk.get("response")))

    def _ends(self, chunk: dict[str, Any]) -> list[Event]:
        return self._end(_table(chunk.get("response")))

    def _fails(self, chunk: dict[str, Any]) -> list[Event]:
        raise self._failure(_table(chunk.get("response")))

    def _error(self, chunk: dict[str, Any]) -> list[Event]:
        problem = chunk.get("error")
        # Its `type` is that of the event, which says nothing about the error.
        raise self._source.from_stream({"error": problem or {**chunk, "type": None}})

    def _start(self, response: dict[str, Any]) -> list[Event]:
        if self._started:
            return []
        self._started = True
        return [Started(self._source.provider, _text(response.get("model")), _text(response.get("id")))]

    def _end(self, response: dict[str, Any]) -> list[Event]:
        status = response.get("status")
        if status in ("failed", "cancelled"):
            raise self._failure(response)
        events = self._start(response)
        output = response.get("output")
        for index, item in enumerate(output if isinstance(output, list) else ()):
            events += self._answer.finish_item({"output_index": index, "item": item}, again=True)
        events += self._answer.finish_calls()
        if (usage := read_usage(response.get("usage"))) is not None:
            events.append(UsageReport(usage))
        self.done = True
        reason = _table(response.get("incomplete_details")).get("reason")
        if isinstance(reason, str) and reason:
            self._reason = FINISH_REASONS.get(reason, reason)
        elif status == "incomplete":
            self._reason = "length"
        elif self._answer.called:
            self._reason = "tool_use"
        return events

    def _failure(self, response: dict[str, Any]) -> Exception:
        error = response.get("error")
        return self._source.from_stream({"error": error or {"message": "The server gave up the answer."}})


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
