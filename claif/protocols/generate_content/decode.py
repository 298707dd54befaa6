"""From the chunks of an answer of the Gemini API to events; written by hand, since every token passes through it."""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...models import (
    Event,
    Finished,
    ImageBlock,
    Started,
    TextDelta,
    ThinkingDelta,
    ToolUse,
    UnknownEvent,
    UsageReport,
)
from .answer import Answer
from .calls import read_call
from .failures import blocked, broken_off, no_candidate
from .usage import read_usage

if TYPE_CHECKING:
    from ...errors import ClaifError
    from ..failures import ErrorSource

KNOWN = frozenset(("candidates", "modelVersion", "promptFeedback", "responseId", "usageMetadata"))
"""What a chunk is made of; one that has nothing of it is none."""

FINISH_REASONS = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    **dict.fromkeys(("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"), "content_filter"),
    **dict.fromkeys(("IMAGE_SAFETY", "IMAGE_RECITATION", "IMAGE_PROHIBITED_CONTENT"), "content_filter"),
}
"""Where the protocol's word is not ours; every other word stays as it came."""

BROKEN_OFF = {
    "MALFORMED_FUNCTION_CALL": True,
    "MALFORMED_RESPONSE": True,
    "UNEXPECTED_TOOL_CALL": True,
    "TOO_MANY_TOOL_CALLS": False,
    "MISSING_THOUGHT_SIGNATURE": False,
}
"""Reasons that mean that there is no answer -> whether the same query may get one."""

UNSAID = ("", "FINISH_REASON_UNSPECIFIED", "BLOCK_REASON_UNSPECIFIED", "BLOCKED_REASON_UNSPECIFIED")


class Decoder:
    """Decodes one answer.

    What becomes of a chunk:

    1. The first chunk brings `Started`, with the id and the model that the server names.
    2. A reason in `promptFeedback` means that the prompt was blocked, and is raised.
    3. Of several candidates only the one with index 0 is read.
    4. Its parts are text, thoughts, whole calls and images; others are passed on as an `UnknownEvent`.
    5. Its finish reason completes the answer; one of a broken answer is raised once what came before has been shown.
    6. The tokens are counted anew with each chunk; the last count is told at the end.
    7. If a part had a signature, or was an image, the whole message follows.

    Args:
        source: whom errors name.

    Attributes:
        done: nothing that may follow matters any more.
    """

    __slots__ = ("_answer", "_answered", "_called", "_failure", "_reason", "_source", "_started", "_usage", "done")

    def __init__(self, source: ErrorSource) -> None:
        self._source = source
        self._answer = Answer()
        self._started = False
        self._answered = False
        self._called = False
        self._reason: str | None = None
        self._usage: dict[str, Any] | None = None
        self._failure: ClaifError | None = None
        self.done = False

    def feed(self, data: str) -> Sequence[Event]:
        """Decode the data of one server-sent event.

        Raises:
            ClaifError: it is not a JSON object, or the server reports an error in it.
        """
        return self._decode(self._source.parse(data))

    def decode(self, body: Any) -> Sequence[Event]:
        """Decode a whole answer that came in one piece, or the list of chunks that a stream is without events.

        Raises:
            ClaifError: it is not an answer, or the server reports an error in it.
        """
        chunks = body if isinstance(body, list) else [body]
        events = [event for chunk in chunks for event in self._decode(chunk)]
        if not self._started:
            raise self._source.garbled("a body that is not an answer")
        if self._answered and self._reason is None:
            self._reason = "STOP"
        return events

    def close(self) -> list[Event]:
        """The last events, after the end of the response.

        Raises:
            ConnectionError: the response ended before the answer did.
            ProviderRuntimeError: there was no answer in it, or one of which nothing can be made.
        """
        if self._failure is not None:
            raise self._failure
        if self._started and not self._answered:
            raise no_candidate(self._source)
        if self._reason is None:
            raise self._source.cut()
        usage = [] if self._usage is None else [UsageReport(read_usage(self._usage))]
        reason = FINISH_REASONS.get(self._reason, self._reason)
        return [*usage, *self._answer.message(), Finished("tool_use" if self._called and reason == "stop" else reason)]

    def _decode(self, chunk: Any) -> list[Event]:
        if not isinstance(chunk, dict):
            raise self._source.garbled(f"a chunk that is no JSON object but {type(chunk).__name__}")
        if chunk.get("error"):
            raise self._source.from_stream(chunk)
        if KNOWN.isdisjoint(chunk):
            return [UnknownEvent(chunk)]
        events: list[Event] = []
        if not self._started:
            self._started = True
            model, identity = _text(chunk.get("modelVersion")), _text(chunk.get("responseId"))
            events.append(Started(self._source.provider, model, identity))
        feedback = chunk.get("promptFeedback")
        if isinstance(feedback, dict) and (reason := _text(feedback.get("blockReason"))) and reason not in UNSAID:
            raise blocked(self._source, reason, feedback.get("blockReasonMessage"))
        if isinstance(usage := chunk.get("usageMetadata"), dict):
            self._usage = usage
        candidates = chunk.get("candidates")
        for candidate in candidates if isinstance(candidates, list) else ():
            if isinstance(candidate, dict) and not candidate.get("index"):
                self._candidate(candidate, events)
        return events

    def _candidate(self, candidate: dict[str, Any], events: list[Event]) -> None:
        self._answered = True
        content = candidate.get("content")
        parts = content.get("parts") if isinstance(content, dict) else None
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, dict):
                self._part(part, events)
        reason = candidate.get("finishReason")
        if not isinstance(reason, str) or reason in UNSAID:
            return
        self._reason = reason
        if (retryable := BROKEN_OFF.get(reason)) is not None:
            self._failure = broken_off(self._source, reason, candidate.get("finishMessage"), retryable=retryable)
            self.done = True

    def _part(self, part: dict[str, Any], events: list[Event]) -> None:
        signature = _text(part.get("thoughtSignature")) or None
        text = part.get("text")
        if isinstance(text, str):
            thought = part.get("thought") is True
            self._answer.add_text(text, thought=thought, signature=signature)
            if text:
                events.append(ThinkingDelta(text) if thought else TextDelta(text))
        elif isinstance(call := part.get("functionCall"), dict):
            event = read_call(call)
            events.append(event)
            if isinstance(event, ToolUse):
                self._called = True
                self._answer.add_block(event.block, signature)
        elif (image := _image(part.get("inlineData"))) is not None:
            self._answer.add_block(image, signature)
            self._answer.needs_message()
        elif part.keys() - {"thought", "thoughtSignature"}:
            events.append(UnknownEvent(part))
        elif signature is not None:
            self._answer.add_text("", thought=False, signature=signature)


def _image(data: Any) -> ImageBlock | None:
    """An image in the answer; `None` if it is none."""
    if not isinstance(data, dict):
        return None
    kind, encoded = _text(data.get("mimeType")) or "", _text(data.get("data"))
    if encoded is None or not kind.startswith("image/"):
        return None
    try:
        return ImageBlock(a2b_base64(encoded, strict_mode=True), kind)
    except (Base64Error, ValueError):
        return None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
