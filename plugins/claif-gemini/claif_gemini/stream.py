"""`gemini -o stream-json`: one process for one query, whose records are translated to events.

It asks nothing: what its approval mode does not let it do, it is not offered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from claif_acp.parts import number, table, text

from claif.api import (
    Event,
    Finished,
    Message,
    Notice,
    Role,
    Started,
    TextDelta,
    ToolResult,
    ToolResultBlock,
    ToolUse,
    ToolUseBlock,
    UnknownEvent,
    Usage,
    UsageReport,
    json_dumps,
)
from claif_gemini.failures import LOOP, failure, loop


class Turn:
    """Takes the records of one process, in order, and gives the events that they mean (seen with 0.61.0).

    1. `init` begins the answer.
    2. Messages of the assistant are deltas; a retry repeats them from their beginning without a word.
    3. `error` comes before the end; of the severity `warning` only a detected loop is a failure.
    4. `result` is the end, and the only proof of one.

    Args:
        provider: name of the provider.
        model: the model that is asked.

    Attributes:
        done: whether it has ended.
    """

    def __init__(self, provider: str, model: str | None) -> None:
        self.done = False
        self._provider, self._model = provider, model
        self._pieces: list[str] = []
        self._uses: dict[str, ToolUseBlock] = {}
        self._said = ""
        self._read: dict[str, Callable[[Mapping[str, Any]], Iterable[Event]]] = {
            "init": self._init,
            "message": self._message,
            "tool_use": self._tool_use,
            "tool_result": self._tool_result,
            "error": self._error,
            "result": self._result,
        }

    def feed(self, record: Mapping[str, Any]) -> Iterable[Event]:
        """The events that a record means.

        Raises:
            ClaifError: the turn failed.
        """
        read = self._read.get(text(record.get("type")))
        return (UnknownEvent(dict(record)),) if read is None else read(record)

    def _init(self, record: Mapping[str, Any]) -> Iterator[Event]:
        self._model = text(record.get("model")) or self._model
        yield Started(self._provider, self._model, conversation=text(record.get("session_id")) or None)

    def _message(self, record: Mapping[str, Any]) -> Iterator[Event]:
        piece = text(record.get("content"))
        if record.get("role") == "assistant" and piece:
            self._pieces.append(piece)
            yield TextDelta(piece)

    def _tool_use(self, record: Mapping[str, Any]) -> Iterator[Event]:
        yield from self._complete()
        key = text(record.get("tool_id"))
        self._uses[key] = ToolUseBlock(key, text(record.get("tool_name")), dict(table(record.get("parameters"))))
        yield ToolUse(self._uses[key])

    def _tool_result(self, record: Mapping[str, Any]) -> Iterator[Event]:
        yield from self._complete()
        key, output = text(record.get("tool_id")), record.get("output")
        shown = text(output) or ("" if output is None else json_dumps(output).decode())
        shown = shown or text(table(record.get("error")).get("message"))
        result = ToolResultBlock(key, shown, record.get("status") != "success")
        yield ToolResult(result)
        if (use := self._uses.pop(key, None)) is not None:
            yield Message(Role.ASSISTANT, [use])
        yield Message(Role.TOOL, [result])

    def _error(self, record: Mapping[str, Any]) -> Iterator[Event]:
        message = text(record.get("message"))
        if record.get("severity") == "warning":
            if message.startswith(LOOP):
                raise loop(self._provider, self._model)
            yield Notice("warning", f"Gemini CLI: {message}")
        else:
            self._said = message  # the result says only that there was one

    def _result(self, record: Mapping[str, Any]) -> Iterator[Event]:
        self.done = True
        stats = table(record.get("stats"))
        yield UsageReport(
            Usage(
                input_tokens=number(stats.get("input_tokens")),
                output_tokens=number(stats.get("output_tokens")),
                cached_tokens=number(stats.get("cached")),
            )
        )
        if record.get("status") != "success":
            raise failure(table(record.get("error")), self._said, provider=self._provider, model=self._model)
        yield from self._complete()
        yield Finished("stop")

    def _complete(self) -> Iterator[Event]:
        pieces, self._pieces = self._pieces, []
        if pieces:
            yield Message.assistant("".join(pieces))
