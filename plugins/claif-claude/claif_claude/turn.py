"""One turn of Claude Code: a pure translation of its records to events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from claif.api import (
    ContentBlock,
    Event,
    Finished,
    Message,
    Notice,
    Role,
    Started,
    TextBlock,
    TextDelta,
    TextReset,
    ThinkingBlock,
    ThinkingDelta,
    ToolResult,
    ToolResultBlock,
    ToolUse,
    ToolUseBlock,
    UnknownEvent,
    json_dumps,
)
from claif_claude.changes import PlanKeeper, file_change

_REASONS = {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "refusal": "content_filter"}
_QUIET = frozenset({"status", "task_started", "task_notification", "task_progress", "hook_started", "hook_response"})


class Turn:
    """Takes the records of one turn, in order, and gives the events that they mean.

    1. `system/init` begins the answer.
    2. Deltas of the main agent are a preview; its subagents work silently.
    3. `assistant` records are what counts. Those of one message id are one message, which is complete when a record of
       another kind or id comes.
    4. `system/api_retry` withdraws the deltas of a message that was not completed.
    5. `result` is the end, and the only proof of one.

    Attributes:
        conversation: the session's id, once known.
        model: the model that answers, once known.
        code: the structured error of the last message, if it has one.
    """

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._blocks: list[ContentBlock] = []
        self._id: str | None = None
        self._started = False
        self._preview = False
        self._said = False
        self._plan = PlanKeeper()
        self.conversation: str | None = None
        self.model: str | None = None
        self.code: str | None = None

    def feed(self, record: Mapping[str, Any]) -> list[Event]:
        """The events that a record means; those of `result` do not include errors, which `failures` reads."""
        kind = record.get("type")
        if kind == "stream_event":
            return self._delta(record)
        if record.get("parent_tool_use_id") is not None:
            return []
        if kind == "assistant":
            return self._assistant(record)
        read = {"user": self._results, "system": self._system, "result": self._result}.get(str(kind), _unknown)
        return [*self._complete(), *read(record)]

    def _system(self, record: Mapping[str, Any]) -> Iterable[Event]:
        subtype = record.get("subtype")
        if subtype == "init":
            self.conversation = _text(record.get("session_id")) or self.conversation
            self.model = _text(record.get("model")) or self.model
            if not self._started:
                self._started = True
                yield Started(self._provider, self.model, conversation=self.conversation)
        elif subtype == "api_retry":
            if self._preview:
                self._preview = False
                yield TextReset("Claude Code asks again")
            yield Notice("retry", _retry(record), dict(record))
        elif subtype not in _QUIET:
            yield UnknownEvent(dict(record))

    def _delta(self, record: Mapping[str, Any]) -> list[Event]:
        event = record.get("event")
        if record.get("parent_tool_use_id") is not None or not isinstance(event, Mapping):
            return []
        delta = event.get("delta")
        if event.get("type") != "content_block_delta" or not isinstance(delta, Mapping):
            return []
        if isinstance(text := delta.get("text"), str):
            self._preview = True
            return [TextDelta(text)] if text else []
        if isinstance(text := delta.get("thinking"), str):
            self._preview = True
            return [ThinkingDelta(text)] if text else []
        return []

    def _assistant(self, record: Mapping[str, Any]) -> list[Event]:
        message = record.get("message")
        if not isinstance(message, Mapping):
            return []
        self.code = _text(record.get("error"))
        if self.code is not None or message.get("model") == "<synthetic>":
            return self._complete()  # an error, or a word of Claude Code itself; `result` has it
        events: list[Event] = []
        if message.get("id") != self._id:
            events += self._complete()
            self._id = _text(message.get("id"))
        for raw in _list(message.get("content")):
            block = _block(raw)
            if block is None:
                continue
            self._blocks.append(block)
            if isinstance(block, ToolUseBlock):
                events.append(ToolUse(block))
                if (plan := self._plan.take(block)) is not None:
                    events.append(plan)
        return events

    def _complete(self) -> list[Event]:
        blocks, self._blocks = self._blocks, []
        if not blocks:
            return []
        self._preview = False
        message = Message(Role.ASSISTANT, blocks)
        self._said = bool(message.text)
        return [message]

    def _results(self, record: Mapping[str, Any]) -> Iterable[Event]:
        message = record.get("message")
        content = message.get("content") if isinstance(message, Mapping) else None
        blocks = [
            ToolResultBlock(str(raw.get("tool_use_id", "")), _flat(raw.get("content")), raw.get("is_error") is True)
            for raw in _list(content)
            if isinstance(raw, Mapping) and raw.get("type") == "tool_result"
        ]
        yield from map(ToolResult, blocks)
        if (change := file_change(record.get("tool_use_result"))) is not None:
            yield change
        if blocks:
            yield Message(Role.TOOL, blocks)

    def _result(self, record: Mapping[str, Any]) -> Iterable[Event]:
        self.conversation = _text(record.get("session_id")) or self.conversation
        text = record.get("result")
        if record.get("is_error"):
            return
        if not self._said and isinstance(text, str) and text:
            yield Message.assistant(text)
        reason = record.get("stop_reason")
        yield Finished(_REASONS.get(reason, reason) if isinstance(reason, str) else "stop")


def _unknown(record: Mapping[str, Any]) -> Iterable[Event]:
    return () if record.get("type") == "rate_limit_event" else (UnknownEvent(dict(record)),)


def _block(raw: object) -> ContentBlock | None:
    if not isinstance(raw, Mapping):
        return None
    match raw.get("type"):
        case "text" if raw.get("text"):
            return TextBlock(str(raw["text"]))
        case "thinking" if raw.get("thinking"):
            return ThinkingBlock(str(raw["thinking"]), _text(raw.get("signature")))
        case "tool_use":
            given = raw.get("input")
            parameters = dict(given) if isinstance(given, Mapping) else {}
            return ToolUseBlock(str(raw.get("id", "")), str(raw.get("name", "")), parameters)
    return None


def _flat(content: object) -> str:
    """The text of a tool's result: a string, or a list of blocks."""
    if isinstance(content, str):
        return content
    return "\n".join([_one(block) for block in _list(content)])


def _one(block: object) -> str:
    if isinstance(block, Mapping) and isinstance(block.get("text"), str):
        return str(block["text"])
    if isinstance(block, Mapping) and block.get("type") == "image":
        return "[image]"
    return json_dumps(block).decode()


def _retry(record: Mapping[str, Any]) -> str:
    delay = record.get("retry_delay_ms")
    wait = f" in {delay / 1000:.1f} s" if isinstance(delay, int | float) else ""
    why = record.get("error_status") or record.get("error") or "no answer"
    count = f"attempt {record.get('attempt', '?')} of {record.get('max_retries', '?')}"
    return f"Claude Code asks again{wait} ({why}, {count})"


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
