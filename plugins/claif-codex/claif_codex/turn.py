"""One turn of Codex: a pure translation of the app server's notifications to events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from claif.api import (
    ConnectionError,
    Event,
    Finished,
    Notice,
    Plan,
    PlanStep,
    TextDelta,
    TextReset,
    ThinkingDelta,
    UnknownEvent,
    UsageReport,
)
from claif_codex.failures import failure
from claif_codex.items import completed, started
from claif_codex.usage import Meter

_STATUS = {"inProgress": "in_progress"}
_QUIET_ITEMS = frozenset({"userMessage", "hookPrompt"})
_QUIET = (
    *("account/", "app/", "configWarning", "deprecationNotice", "fs/", "hook/", "mcpServer/", "model/", "project/"),
    *("remoteControl/", "serverRequest/", "skills/", "thread/", "turn/started", "turn/diff/updated", "windows"),
    *("item/commandExecution/", "item/fileChange/", "item/mcpToolCall/", "item/plan/", "item/autoApprovalReview/"),
    "item/reasoning/summaryPartAdded",
)
"""Notifications that say nothing which another event does not say: beginnings of their names."""


class Turn:
    """Takes the notifications of one turn, in order, and gives the events that they mean.

    1. Deltas are a preview; `item/completed` is what counts.
    2. `error` with `willRetry` withdraws the deltas of an item that was not completed. Codex asks again for ever if
       nobody answers, so more than a few in a row are the end.
    3. `turn/completed` is the end, and the only proof of one.

    Args:
        provider: name of the provider.
        model: the model that is asked, for errors.
        patience: how often it may ask again in a row.

    Attributes:
        id: the turn's id, once known.
        done: whether it has ended.
    """

    def __init__(self, provider: str, model: str | None, patience: int) -> None:
        self.id: str | None = None
        self.done = False
        self.meter = Meter()
        self.items: dict[str, Mapping[str, Any]] = {}
        self._provider, self._model, self._patience = provider, model, patience
        self._preview = False
        self._retries = 0
        self._read: dict[str, Callable[[Mapping[str, Any]], Iterable[Event]]] = {
            "item/agentMessage/delta": self._delta,
            "item/reasoning/textDelta": self._thinking,
            "item/reasoning/summaryTextDelta": self._thinking,
            "item/started": self._started,
            "item/completed": self._completed,
            "turn/plan/updated": self._plan,
            "thread/tokenUsage/updated": self._usage,
            "turn/completed": self._end,
            "error": self._error,
            "warning": self._warning,
        }

    def feed(self, method: str, params: Mapping[str, Any]) -> Iterable[Event]:
        """The events that a notification means.

        Raises:
            ClaifError: the turn failed.
        """
        read = self._read.get(method)
        if read is not None:
            return read(params)
        if method.startswith(_QUIET):
            return ()
        return (UnknownEvent({"type": method, **params}),)

    def _delta(self, params: Mapping[str, Any]) -> Iterable[Event]:
        self._preview, self._retries = True, 0
        yield TextDelta(str(params.get("delta", "")))

    def _thinking(self, params: Mapping[str, Any]) -> Iterable[Event]:
        self._preview, self._retries = True, 0
        yield ThinkingDelta(str(params.get("delta", "")))

    def _started(self, params: Mapping[str, Any]) -> Iterable[Event]:
        item = _item(params)
        self.items[str(item.get("id"))] = item
        self._retries = 0
        return started(item)

    def _completed(self, params: Mapping[str, Any]) -> Iterable[Event]:
        item = _item(params)
        if str(item.get("type")) in _QUIET_ITEMS:
            return ()
        self._preview = False
        self._retries = 0
        return completed(item)

    def _plan(self, params: Mapping[str, Any]) -> Iterable[Event]:
        plan = params.get("plan")
        steps = [step for step in (plan if isinstance(plan, list) else ()) if isinstance(step, Mapping)]
        status = [str(step.get("status", "pending")) for step in steps]
        yield Plan(
            PlanStep(str(step.get("step", "")), _STATUS.get(word, word))
            for step, word in zip(steps, status, strict=True)
        )

    def _usage(self, params: Mapping[str, Any]) -> Iterable[Event]:
        self.meter.take(params, self.id)
        return ()

    def _warning(self, params: Mapping[str, Any]) -> Iterable[Event]:
        yield Notice("warning", f"Codex: {params.get('message', '')}")

    def _error(self, params: Mapping[str, Any]) -> Iterable[Event]:
        if not params.get("willRetry"):
            return  # turn/completed says it again
        self._retries += 1
        error = failure(params.get("error"), provider=self._provider, model=self._model)
        if self._retries > self._patience:
            raise ConnectionError(
                f"{self._provider} gave up after {self._retries} attempts: {error.message}",
                provider=self._provider,
                model=self._model,
            )
        if self._preview:
            self._preview = False
            yield TextReset("Codex asks again")
        yield Notice("retry", f"Codex asks again: {error.message}", dict(params))

    def _end(self, params: Mapping[str, Any]) -> Iterable[Event]:
        turn = params.get("turn")
        found: Mapping[str, Any] = turn if isinstance(turn, Mapping) else {}
        self.done = True
        if (usage := self.meter.usage()) is not None:
            yield UsageReport(usage)
        if found.get("status") != "completed":
            raise failure(found.get("error"), provider=self._provider, model=self._model)
        yield Finished("stop")


def _item(params: Mapping[str, Any]) -> Mapping[str, Any]:
    item = params.get("item")
    return item if isinstance(item, Mapping) else {}
