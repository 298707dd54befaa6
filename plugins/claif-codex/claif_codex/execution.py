"""`codex exec`: one process for one query, for versions of Codex without an app server.

It tells no deltas and asks nothing: what its own sandbox does not allow is not done. The text of its errors is all
that there is of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claif.api import (
    Emit,
    InvalidQueryError,
    Job,
    OneTurn,
    PermissionMode,
    Query,
    Started,
    flag,
    one_text,
    uuid_conversation,
)
from claif_codex.options import extras_of
from claif_codex.turn import Turn

if TYPE_CHECKING:
    from claif_codex.provider import CodexProvider

SANDBOXES = {
    PermissionMode.ASK: "read-only",
    PermissionMode.PLAN: "read-only",
    PermissionMode.EDIT: "workspace-write",
    PermissionMode.FULL: "danger-full-access",
}
OTHER_PROTOCOL = "Use the protocol app-server."
_STATUS = re.compile(r"\b(?:unexpected status|last status:) (\d{3})\b")
_WORD = re.compile(r"_([a-z])")
_METHODS = {"item.started": "item/started", "item.updated": "item/started", "item.completed": "item/completed"}


def exec_arguments(query: Query, mode: PermissionMode, model: str | None, add_dirs: Iterable[Path] = ()) -> list[str]:
    """What follows `codex`.

    Args:
        query: what is asked.
        mode: what it may do.
        model: the model that is asked, if anybody names one.
        add_dirs: further folders that it may write, absolute.

    Raises:
        InvalidQueryError: the query asks for what only the app server can.
    """
    if query.schema is not None or extras_of(query).fork:
        raise InvalidQueryError("`codex exec` takes no schema and cannot fork.", hint=OTHER_PROTOCOL)
    found = ["exec", "--json", "--skip-git-repo-check", flag("--sandbox", SANDBOXES[mode])]
    found += [flag("--add-dir", str(folder)) for folder in add_dirs]
    if model is not None:
        found.append(flag("--model", model))
    if effort := extras_of(query).effort:
        found += ["-c", f'model_reasoning_effort="{effort}"']
    if query.conversation is not None:
        return [*found, "resume", uuid_conversation(query.conversation, "Codex"), "-"]
    return [*found, "-"]


def prompt_text(query: Query) -> str:
    """The prompt as one text, the instructions in front.

    Raises:
        InvalidQueryError: it has an image.
    """
    text = one_text(query, agent="Codex", command="codex exec", hint=OTHER_PROTOCOL)
    return f"{query.system}\n\n{text}" if query.system else text


class ExecDriver(OneTurn):
    """Reads one process to its end."""

    provider: CodexProvider

    def prompt(self, query: Query) -> str:
        """The prompt as one text, the instructions in front."""
        return prompt_text(query)

    async def turn(self, job: Job, emit: Emit) -> bool:
        """The one query."""
        name, model = self.provider.context.name, job.query.model or self.provider.settings.model
        turn = Turn(name, model, self.provider.settings.max_retries + 1)
        while (record := await self.process.receive()) is not None:
            if record.get("type") == "thread.started":
                await emit(Started(name, model, conversation=str(record.get("thread_id"))))
                continue
            method, params = notification(record)
            if job.query.conversation is None:  # else it would count the earlier turns too
                turn.meter.take(usage_report(record), turn.id)
            for event in turn.feed(method, params):
                await emit(event)
            if turn.done:
                return False
        raise self.process.ended("Codex")


def notification(record: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The notification of the app server that says the same as a record of `codex exec`."""
    kind = str(record.get("type"))
    if kind in _METHODS:
        return _of_item(_METHODS[kind], _item(record.get("item")))
    if kind == "turn.completed":
        return "turn/completed", {"turn": {"status": "completed"}}
    if kind == "turn.failed":
        return "turn/completed", {"turn": {"status": "failed", "error": _error(record.get("error"))}}
    if kind == "error":
        return "error", {"error": _error(record), "willRetry": False}
    return ("turn/started", {}) if kind == "turn.started" else (kind, dict(record))


def _of_item(method: str, item: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    if item.get("type") == "error":
        return "warning", {"message": item.get("message", "")}
    if item.get("type") == "todoList":
        return "turn/plan/updated", {"plan": _plan(item.get("items"))}
    return method, {"item": item}


def usage_report(record: Mapping[str, Any]) -> dict[str, Any]:
    """The report of usage that is in the end of a turn: the total of the conversation."""
    usage = record.get("usage")
    return {"tokenUsage": {"total": _camel(usage)}, "turnId": None} if isinstance(usage, Mapping) else {}


def _item(given: object) -> dict[str, Any]:
    item = _camel(given) if isinstance(given, Mapping) else {}
    if isinstance(item.get("type"), str):
        item["type"] = _word(item["type"])
    if isinstance(item.get("text"), str) and item.get("type") == "reasoning":
        item["content"] = [item["text"]]
    return item


def _plan(items: object) -> list[dict[str, Any]]:
    rows = [row for row in items if isinstance(row, Mapping)] if isinstance(items, list) else []
    return [{"step": row.get("text", ""), "status": "completed" if row.get("completed") else "pending"} for row in rows]


def _error(given: object) -> dict[str, Any]:
    message = str(given.get("message", "")) if isinstance(given, Mapping) else ""
    found = _STATUS.search(message)
    info: Any = {"httpConnectionFailed": {"httpStatusCode": int(found[1])}} if found else "other"
    return {"message": message, "codexErrorInfo": info}


def _camel(given: Mapping[str, Any]) -> dict[str, Any]:
    return {_word(str(name)): value for name, value in given.items()}


def _word(name: str) -> str:
    return _WORD.sub(lambda found: found[1].upper(), name)
