"""Codex's `app-server`: JSON-RPC by lines without the field `jsonrpc`, with requests in both directions.

The records are those of Codex 0.169.0.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

from .codex import Codex, failure
from .rpc import Peer
from .voice import USAGE, Failed, Interrupted

if TYPE_CHECKING:
    from .wire import Wire

INVALID = -32600
APPROVALS = {
    "commandExecution": "item/commandExecution/requestApproval",
    "mcpToolCall": "item/commandExecution/requestApproval",
    "fileChange": "item/fileChange/requestApproval",
}
PLAN = {"in_progress": "inProgress"}


class Thread:
    """A conversation."""

    def __init__(self, number: str, params: dict[str, Any]) -> None:
        self.id = number
        self.model = params.get("model") or "fake-1"
        self.ephemeral = bool(params.get("ephemeral"))
        self.prompts: list[str] = []
        self.turns = 0


class CodexApp(Codex, Peer):
    """One app server, with many conversations."""

    turn_method = "turn/start"
    header: ClassVar[dict[str, Any]] = {}

    def __init__(self, wire: Wire, script: dict[str, Any]) -> None:
        super().__init__(wire, script)
        self.threads = {number: Thread(number, {}) for number in script["conversations"]}
        self.turn = ""
        self.thread = Thread("", {})

    def interrupts(self, record: dict[str, Any]) -> bool:
        """Whether it interrupts the turn, whichever that is."""
        return record.get("method") == "turn/interrupt"

    def take(self, record: dict[str, Any]) -> None:
        """Take a request; notifications are nothing here."""
        if "id" not in record:
            return
        method, params = record["method"], record.get("params") or {}
        match method:
            case "initialize":
                client = params.get("clientInfo", {}).get("name", "")
                self.answer(record["id"], {"userAgent": f"{client}/{self.script['version']}", "codexHome": _home()})
            case "thread/start":
                self._open_thread(record, Thread(str(uuid4()), params))
            case "thread/resume" | "thread/fork":
                self._resume(record, params, fork=method == "thread/fork")
            case "turn/start":
                self._turn(record, params)
            case "turn/interrupt":
                self.answer(record["id"], {})
            case _:
                self._refuse(record, f"Invalid request: unknown variant `{method}`")

    def _refuse(self, record: dict[str, Any], message: str) -> None:
        self.refuse(record["id"], {"code": INVALID, "message": message})

    def _notify(self, method: str, **params: Any) -> None:
        self.notify(method, params, emittedAtMs=_now())

    def _open_thread(self, record: dict[str, Any], thread: Thread) -> None:
        self.threads[thread.id] = thread
        where = os.getcwd()
        told = {
            "id": thread.id,
            "sessionId": thread.id,
            "preview": "",
            "ephemeral": thread.ephemeral,
            "modelProvider": "fake",
            "model": thread.model,
            "createdAt": _now() // 1000,
            "updatedAt": _now() // 1000,
            "status": {"type": "idle"},
            "cwd": where,
            "cliVersion": self.script["version"],
            "source": "vscode",
            "projectId": None,
            "turns": [],
        }
        settings = {"model": thread.model, "modelProvider": "fake", "cwd": where, "approvalPolicy": "never"}
        limits = {"approvalsReviewer": "user", "sandbox": {"type": "readOnly"}}
        self.answer(record["id"], {"thread": told, **settings, **limits})
        self._notify("thread/started", thread=told)

    def _resume(self, record: dict[str, Any], params: dict[str, Any], *, fork: bool) -> None:
        thread = self.threads.get(params.get("threadId", ""))
        if thread is None:
            self._refuse(record, f"no rollout found for thread id {params.get('threadId')}")
            return
        if fork:
            copy = Thread(str(uuid4()), params)
            copy.prompts, copy.turns = list(thread.prompts), thread.turns
            thread = copy
        self._open_thread(record, thread)

    def _turn(self, record: dict[str, Any], params: dict[str, Any]) -> None:
        if params.get("threadId") not in self.threads:
            self._refuse(record, f"thread not found: {params.get('threadId')}")
            return
        self.thread, self.turn = self.threads[params["threadId"]], str(uuid4())
        prompt = "".join([part.get("text", "") for part in params["input"]])
        self.prompts = self.thread.prompts
        self.prompts.append(prompt)
        self.items.clear()
        self.answer(record["id"], {"turn": self._told("inProgress")})
        self._notify("turn/started", threadId=self.thread.id, turn=self._told("inProgress"))
        self.count += 1
        said = {"type": "userMessage", "id": f"user_{self.count}", "content": [{"type": "text", "text": prompt}]}
        self.item_started(said)
        self.item_completed(said)
        status, error = "completed", None
        try:
            self.play(self.next_turn(), prompt)
        except Interrupted:
            # The commands of an interrupted turn run on until the app server ends, as Codex's own do.
            status, self.open = "interrupted", None
        except Failed as why:
            status, error, self.open = "failed", failure(why.status, str(why)), None
            self._notify("error", threadId=self.thread.id, turnId=self.turn, error=error, willRetry=False)
        self.close()
        if status == "completed":
            self._usage()
        self._notify("turn/completed", threadId=self.thread.id, turn=self._told(status, error))

    def _told(self, status: str, error: dict[str, Any] | None = None) -> dict[str, Any]:
        return {"id": self.turn, "items": [], "itemsView": "notLoaded", "status": status, "error": error}

    def _usage(self) -> None:
        self.thread.turns += 1
        place = {"threadId": self.thread.id, "turnId": self.turn}
        usage = {"total": _tokens(self.thread.turns), "last": _tokens(1), "modelContextWindow": 258_400}
        self._notify("thread/tokenUsage/updated", **place, tokenUsage=usage)

    def item_started(self, item: dict[str, Any]) -> None:
        """Tell that an item has begun."""
        now = _now()
        self._notify("item/started", item=item, threadId=self.thread.id, turnId=self.turn, startedAtMs=now)

    def item_completed(self, item: dict[str, Any]) -> None:
        """Tell that an item is complete."""
        now = _now()
        self._notify("item/completed", item=item, threadId=self.thread.id, turnId=self.turn, completedAtMs=now)

    def delta(self, item: dict[str, Any], text: str) -> None:
        """Tell a piece of an item."""
        place = {"threadId": self.thread.id, "turnId": self.turn, "itemId": item["id"]}
        if item["type"] == "agentMessage":
            self._notify("item/agentMessage/delta", **place, delta=text)
        else:
            self._notify("item/reasoning/summaryTextDelta", **place, delta=text, summaryIndex=0)

    def allowed(self, item: dict[str, Any]) -> bool:
        """Ask whether an item may be."""
        number = self.requests
        params = {"threadId": self.thread.id, "turnId": self.turn, "itemId": item["id"], "startedAtMs": _now()}
        if item["type"] == "commandExecution":
            params |= {"kind": "command", "command": item["command"], "cwd": item["cwd"]}
        response = self.request(APPROVALS[item["type"]], params) or {}
        self._notify("serverRequest/resolved", threadId=self.thread.id, requestId=number)
        return response.get("result", {}).get("decision") in ("accept", "acceptForSession")

    def plan(self, steps: list[list[str]]) -> None:
        """Tell the plan."""
        told = [{"step": text, "status": PLAN.get(status, status)} for text, status in steps]
        self._notify("turn/plan/updated", threadId=self.thread.id, turnId=self.turn, explanation=None, plan=told)

    def retry(self, status: int, seconds: float) -> None:
        """Tell that the model is asked again; what it has said is void."""
        self.open = None
        error = failure(status, "Reconnecting... 1/5")
        self._notify("error", threadId=self.thread.id, turnId=self.turn, error=error, willRetry=True)
        self.listen(seconds)


def _tokens(turns: int) -> dict[str, int]:
    return {
        "totalTokens": turns * (USAGE["input"] + USAGE["output"]),
        "inputTokens": turns * USAGE["input"],
        "cachedInputTokens": turns * USAGE["cached"],
        "cacheWriteInputTokens": 0,
        "outputTokens": turns * USAGE["output"],
        "reasoningOutputTokens": turns * USAGE["reasoning"],
    }


def _home() -> str:
    return os.environ.get("CODEX_HOME", "")


def _now() -> int:
    return int(time.time() * 1000)
