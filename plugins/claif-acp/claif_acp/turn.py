"""One turn: a pure translation of the updates of a session to events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from claif.api import (
    ContentBlock,
    Event,
    Finished,
    Message,
    Notice,
    Plan,
    PlanStep,
    ProviderRuntimeError,
    Role,
    TextBlock,
    TextDelta,
    TextReset,
    ThinkingBlock,
    ThinkingDelta,
    UnknownEvent,
    Usage,
    UsageReport,
)
from claif_acp.parts import table, tables, text
from claif_acp.preset import End, Preset
from claif_acp.tools import Call, block_text
from claif_acp.usage import plain_usage, with_cost

_QUIET = frozenset({"user_message_chunk", "available_commands_update", "config_option_update", "session_info_update"})
"""Updates that say nothing about the answer."""
_REASONS = {"end_turn": "stop", "max_tokens": "length", "refusal": "content_filter"}


class Turn:
    """Takes the updates of one turn, in order, and gives the events that they mean.

    https://agentclientprotocol.com/protocol/prompt-turn

    1. Chunks are pieces of a message, which is complete when a tool is called or the turn ends.
    2. An agent that begins anew gives its chunks another `messageId`; then the ones before are withdrawn.
    3. A call of a tool is told once it is known what it is given, and again when it has ended.
    4. The result of `session/prompt` is the end, and the only proof of one.

    Args:
        preset: what is peculiar to the agent.
        provider: name of the provider.
        model: the model that is asked, for errors.
        spent: US dollars that the conversation had cost before; `None` if that is not known.
    """

    def __init__(self, preset: Preset, provider: str, model: str | None, *, spent: float | None = 0.0) -> None:
        self._preset, self._provider, self._model, self._spent = preset, provider, model, spent
        self._pieces: list[TextDelta | ThinkingDelta] = []
        self._message: object = None
        self._calls: dict[str, Call] = {}
        self._cost: Mapping[str, Any] = {}
        self._metered: Usage | None = None
        self._read: dict[str, Callable[[Mapping[str, Any]], Iterable[Event]]] = {
            "agent_message_chunk": self._text,
            "agent_thought_chunk": self._thought,
            "tool_call": self._tool,
            "tool_call_update": self._tool,
            "plan": self._plan,
            "usage_update": self._usage,
            "current_mode_update": self._mode,
        }

    def feed(self, update: Mapping[str, Any]) -> Iterable[Event]:
        """The events that an update means."""
        kind = text(update.get("sessionUpdate"))
        read = self._read.get(kind)
        if read is not None:
            return read(update)
        return () if kind in _QUIET else (UnknownEvent(dict(update)),)

    def call(self, update: Mapping[str, Any]) -> Call:
        """The call of a tool that an update, or a request for permission, is about."""
        number = text(update.get("toolCallId"))
        call = self._calls.setdefault(number, Call(number))
        call.take({name: value for name, value in update.items() if name != "sessionUpdate"})
        return call

    def asked(self, call: Call) -> Iterator[Event]:
        """The events of a request for permission: the tool is known, and nothing more will be told before it runs."""
        yield from self._complete()
        yield from call.begin(now=True)

    def denied(self, call: Call, why: str) -> Iterator[Event]:
        """The events of a denial."""
        yield from self._complete()
        yield from call.deny(why)

    def end(self, result: Mapping[str, Any]) -> Iterator[Event]:
        """The events of the result of `session/prompt`.

        Raises:
            ClaifError: the turn failed.
        """
        said = "".join([piece.text for piece in self._pieces if isinstance(piece, TextDelta)])
        usage = with_cost(self._preset.usage(result) or self._metered, self._cost, self._spent)
        if usage is not None:
            yield UsageReport(usage)
        error = self._preset.failure(End(result=result, text=said, provider=self._provider, model=self._model))
        if error is not None:
            raise error
        reason = text(result.get("stopReason"))
        if reason in {"max_turn_requests", "cancelled", ""}:
            raise self._stopped(reason)
        yield from self._complete()
        for call in self._calls.values():
            yield from call.begin(now=True)
        yield Finished(_REASONS.get(reason, reason))

    def _stopped(self, reason: str) -> ProviderRuntimeError:
        words = {
            "max_turn_requests": ("It reached its most turns.", "max_turns"),
            "cancelled": ("It says that it was cancelled, which nobody did.", "cancelled"),
        }
        message, code = words.get(reason, ("It ended without a reason.", None))
        return ProviderRuntimeError(
            f"{self._provider}: {message}", provider=self._provider, model=self._model, code=code, retryable=False
        )

    def _text(self, update: Mapping[str, Any]) -> Iterator[Event]:
        yield from self._chunk(update, TextDelta)

    def _thought(self, update: Mapping[str, Any]) -> Iterator[Event]:
        yield from self._chunk(update, ThinkingDelta)

    def _chunk(self, update: Mapping[str, Any], kind: type[TextDelta | ThinkingDelta]) -> Iterator[Event]:
        message = update.get("messageId")
        if message is not None and message != self._message:
            if self._preset.restarts and any(isinstance(piece, kind) for piece in self._pieces):
                self._pieces = []
                yield TextReset(f"{self._preset.title} begins anew")
            elif self._message is not None:
                yield from self._complete()
            self._message = message
        if (usage := plain_usage(table(update.get("_meta")))) is not None:  # of one request (Qwen Code 0.15.10)
            self._metered = usage if self._metered is None else self._metered + usage
        if piece := block_text(update.get("content")):
            self._pieces.append(kind(piece))
            yield self._pieces[-1]

    def _tool(self, update: Mapping[str, Any]) -> Iterator[Event]:
        yield from self._complete()
        call = self.call(update)
        yield from call.begin()
        yield from call.end()

    def _plan(self, update: Mapping[str, Any]) -> Iterator[Event]:
        entries = tables(update.get("entries"))
        yield Plan(PlanStep(text(entry.get("content")), text(entry.get("status")) or "pending") for entry in entries)

    def _usage(self, update: Mapping[str, Any]) -> Iterator[Event]:
        self._cost = table(update)
        return iter(())

    def _mode(self, update: Mapping[str, Any]) -> Iterator[Event]:
        yield Notice("mode", f"{self._preset.title} is now in its mode {text(update.get('currentModeId'))}.")

    def _complete(self) -> Iterator[Event]:
        """The message that the pieces make; deltas of another kind begin another block."""
        blocks: list[ContentBlock] = []
        for kind, pieces in groupby(self._pieces, type):
            block = TextBlock if kind is TextDelta else ThinkingBlock
            blocks.append(block("".join([piece.text for piece in pieces])))
        self._pieces = []
        if blocks:
            yield Message(Role.ASSISTANT, blocks)
