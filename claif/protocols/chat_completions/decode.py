"""From the chunks of a chat-completions response to events; written by hand, since every token passes through it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...models import Event, Finished, Started, TextDelta, ThinkingDelta, UnknownEvent, Usage, UsageReport
from .tool_calls import ToolCalls

if TYPE_CHECKING:
    from ..failures import ErrorSource

DONE = "[DONE]"
MAX_COST = 1e12
"""US dollars; a larger number is no cost, and may be too large for a float."""

FINISH_REASONS = {"tool_calls": "tool_use", "function_call": "tool_use"}
"""Where the protocol's word is not ours; every other word stays as it came."""

_KNOWN = frozenset(
    ("role", "content", "refusal", "tool_calls", "reasoning", "reasoning_content", "reasoning_details", "annotations")
)


class Decoder:
    """Decodes one response.

    What becomes of a chunk:

    1. The first chunk brings `Started`, with the id and the model that the server names.
    2. Of several choices only the one with index 0 is read.
    3. `content` and `refusal` are text, `reasoning_content` or else `reasoning` is thinking; empty and null are none.
    4. Tool calls are collected and come when the answer is finished.
    5. `usage` comes with the last chunks, often in one without choices.
    6. An `error` object is raised; a chunk with nothing known in it is an `UnknownEvent`.

    Args:
        source: whom errors name.

    Attributes:
        done: `[DONE]` has come.
        finished: the finish reason has come.
    """

    __slots__ = ("_calls", "_reason", "_source", "_started", "done", "finished")

    def __init__(self, source: ErrorSource) -> None:
        self._source = source
        self._started = False
        self._calls = ToolCalls()
        self._reason = "stop"
        self.done = False
        self.finished = False

    def feed(self, data: str) -> Sequence[Event]:
        """Decode the data of one server-sent event.

        Raises:
            ClaifError: it is not a JSON object, or the server reports an error in it.
        """
        if self.done:
            return ()
        if data == DONE:
            self.done = True
            return ()
        return self.decode(self._source.parse(data))

    def decode(self, chunk: Any) -> Sequence[Event]:
        """Decode one chunk, or a whole answer that came in one piece.

        Raises:
            ClaifError: it is not a JSON object, or the server reports an error in it.
        """
        # The common chunk, one piece of text and nothing else, by the shortest way.
        if self._started and chunk.__class__ is dict and chunk.get("usage") is None and chunk.get("error") is None:
            choices = chunk.get("choices")
            if choices.__class__ is list and len(choices) == 1:
                choice = choices[0]
                if choice.__class__ is dict and choice.get("finish_reason") is None and not choice.get("index"):
                    delta = choice.get("delta")
                    if delta.__class__ is dict and len(delta) == 1:
                        text = delta.get("content")
                        if text.__class__ is str and text:
                            return (TextDelta(text),)
        return self._decode(chunk)

    def close(self) -> list[Event]:
        """The last events, after the end of the response.

        Raises:
            ConnectionError: the response ended before the answer did.
        """
        if not (self.done or self.finished):
            raise self._source.cut()
        return [*self._calls.finish(), Finished(self._reason)]

    def _decode(self, chunk: Any) -> list[Event]:
        if not isinstance(chunk, dict):
            raise self._source.garbled(f"a chunk that is no JSON object but {type(chunk).__name__}")
        if chunk.get("error"):
            raise self._source.from_stream(chunk)
        events: list[Event] = []
        known = False
        if not self._started and ("choices" in chunk or "usage" in chunk):
            self._started = True
            events.append(Started(self._source.provider, _text(chunk.get("model")), _text(chunk.get("id"))))
        if isinstance(choices := chunk.get("choices"), list):
            known = not choices
            for choice in choices:
                if isinstance(choice, dict):
                    # A choice with another index is known, and left out.
                    known |= bool(choice.get("index")) or self._choice(choice, events)
        if (usage := read_usage(chunk)) is not None:
            known = True
            events.append(UsageReport(usage))
        if not known:
            events.append(UnknownEvent(chunk))
        return events

    def _choice(self, choice: dict[str, Any], events: list[Event]) -> bool:
        # A whole answer has a `message` of the same shape where a chunk has its `delta`.
        delta = choice.get("delta") or choice.get("message")
        known = True
        if isinstance(delta, dict):
            thought = delta.get("reasoning_content") or delta.get("reasoning")
            if thought and isinstance(thought, str):
                events.append(ThinkingDelta(thought))
            for name in ("content", "refusal"):
                text = delta.get(name)
                if isinstance(text, str):
                    if text:
                        events.append(TextDelta(text))
                elif isinstance(text, list):
                    _parts(text, events)
            if isinstance(calls := delta.get("tool_calls"), list):
                for piece in calls:
                    self._calls.add(piece)
            known = not delta or not _KNOWN.isdisjoint(delta)
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            self.finished = known = True
            self._reason = FINISH_REASONS.get(reason, reason)
            events.extend(self._calls.finish())
        return known


def _parts(parts: list[Any], events: list[Event]) -> None:
    """Content in parts, as Mistral's thinking models send it: text, and thinking that has parts again."""
    for part in parts:
        if not isinstance(part, dict):
            continue
        text, thinking = part.get("text"), part.get("thinking")
        if isinstance(text, str) and text:
            events.append(TextDelta(text))
        if isinstance(thinking, list):
            pieces = [inner.get("text") for inner in thinking if isinstance(inner, dict)]
            if thought := "".join([piece for piece in pieces if isinstance(piece, str)]):
                events.append(ThinkingDelta(thought))
        elif isinstance(thinking, str) and thinking:
            events.append(ThinkingDelta(thinking))


def read_usage(chunk: dict[str, Any]) -> Usage | None:
    """What the chunk says about tokens, if it does; Groq says it under a name of its own."""
    usage = chunk.get("usage")
    if not isinstance(usage, dict):
        own = chunk.get("x_groq")
        usage = own.get("usage") if isinstance(own, dict) else None
        if not isinstance(usage, dict):
            return None
    cached = _count(_detail(usage, "prompt_tokens_details", "cached_tokens"))
    cost = usage.get("cost")
    return Usage(
        input_tokens=_count(usage.get("prompt_tokens")),
        output_tokens=_count(usage.get("completion_tokens")),
        cached_tokens=_count(usage.get("prompt_cache_hit_tokens")) if cached is None else cached,
        reasoning_tokens=_count(_detail(usage, "completion_tokens_details", "reasoning_tokens")),
        cache_write_tokens=_count(_detail(usage, "prompt_tokens_details", "cache_write_tokens")),
        cost=float(cost) if cost.__class__ in (int, float) and 0 <= cost <= MAX_COST else None,
    )


def _detail(usage: dict[str, Any], table: str, name: str) -> Any:
    details = usage.get(table)
    return details.get(name) if isinstance(details, dict) else None


def _count(value: Any) -> int | None:
    return value if value.__class__ is int and value >= 0 else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
