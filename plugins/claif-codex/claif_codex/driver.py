"""The driver: one app server of Codex, its conversations and its turns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import trio
from attrs import asdict, frozen

from claif.api import Emit, Job, PermissionMode, Process, Query, Started, uuid_conversation
from claif_codex.approvals import permission_requests, refusal
from claif_codex.options import Extras, extras_of
from claif_codex.prompt import input_of
from claif_codex.rpc import Connection
from claif_codex.turn import Turn

if TYPE_CHECKING:
    from claif_codex.provider import CodexProvider

CLIENT = {"name": "claif", "title": "Claif", "version": "2"}
_CONFINED = frozenset({"bubblewrap", "landlock"})


STARTED_TIMEOUT = 0.5
"""Seconds in which it says of a conversation that it has begun, after which it is quiet."""


@frozen
class Thread:
    """A conversation that has begun.

    Args:
        id: its id.
        model: the model that answers in it, if that is told.
        params: what it was begun with.
    """

    id: str
    model: str | None
    params: Mapping[str, Any]


class CodexDriver:
    """Speaks with one app server.

    Args:
        provider: decides what it asks for.
        process: the process.
    """

    def __init__(self, provider: CodexProvider, process: Process) -> None:
        self.process = process
        self._provider = provider
        self._connection = Connection(process)
        self._running: tuple[str, str] | None = None
        self._last: Thread | None = None
        self._ahead: Thread | None = None

    async def open(self) -> None:
        """Greet it."""
        await self._connection.request("initialize", {"clientInfo": CLIENT})
        await self._connection.notify("initialized")

    async def healthy(self) -> bool:
        """Whether it takes another turn; each query has a conversation of its own there."""
        return self.process.alive

    async def turn(self, job: Job, emit: Emit) -> bool:
        """One query."""
        more = extras_of(job.query)
        begun = self._last = await self._thread(job, more)
        thread, model = begun.id, begun.model
        await emit(Started(self._provider.context.name, model, conversation=thread))
        turn = Turn(self._provider.context.name, model, self._provider.settings.max_retries + 1)
        await self._begin(job.query, more, thread, turn)
        self._running = (thread, turn.id or "")
        while (record := await self._connection.next()) is not None:
            method, params = record.get("method"), record.get("params")
            if not isinstance(method, str) or not isinstance(params, Mapping):
                continue
            if "id" in record:
                await self._answer(record, params, job, turn, emit)
                continue
            if params.get("threadId", thread) != thread:
                continue
            for event in turn.feed(method, params):
                await emit(event)
            if turn.done:
                self._running = None
                # A conversation that was gone on with is elsewhere too; whoever goes on with it shall find it whole.
                return job.query.conversation is None
        raise self.process.ended("Codex")

    async def renew(self) -> bool:
        """Begin a conversation like the last one ahead; MCP servers would tell of themselves in it at any time."""
        if self._last is None or self._provider.settings.mcp_servers:
            return True
        self._ahead = await self._start(self._last.params)
        with trio.move_on_after(STARTED_TIMEOUT):
            while (record := await self._connection.next()) is not None:
                if record.get("method") == "thread/started":
                    break
        return True

    async def interrupt(self) -> bool:
        """Have it stop its turn; its tools end with the process, which is not used again."""
        if self._running is None:
            return False
        thread, turn = self._running
        await self._connection.send("turn/interrupt", {"threadId": thread, "turnId": turn})
        while (record := await self._connection.next()) is not None:
            if record.get("method") == "turn/completed":
                break
        return False

    def state(self) -> Mapping[str, Any]:
        """The number of the last request, and the conversation that has begun ahead."""
        return {"last": self._connection.last, "ahead": None if self._ahead is None else asdict(self._ahead)}

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Go on where another driver was."""
        self._connection.last = int(state["last"])
        self._ahead = None if state["ahead"] is None else Thread(**state["ahead"])

    async def _thread(self, job: Job, more: Extras) -> Thread:
        """The conversation of a query."""
        query, provider = job.query, self._provider
        params: dict[str, Any] = {
            "cwd": str(job.directory),
            "approvalPolicy": "never" if job.mode is PermissionMode.FULL else "untrusted",
            "sandbox": self._sandbox(job.mode),
            "config": provider.thread_config(job.policy.more),
        }
        if model := query.model or provider.settings.model:
            params["model"] = model
        if query.system:
            params["developerInstructions"] = query.system
        ahead, self._ahead = self._ahead, None
        if query.conversation is None:
            return ahead if ahead is not None and ahead.params == params else await self._start(params)
        method = "thread/fork" if more.fork else "thread/resume"
        params |= {"threadId": uuid_conversation(query.conversation, "Codex"), "excludeTurns": True}
        return _begun(await self._connection.request(method, params), params)

    async def _start(self, params: Mapping[str, Any]) -> Thread:
        return _begun(await self._connection.request("thread/start", params), params)

    def _sandbox(self, mode: PermissionMode) -> str:
        """Claif's sandbox confines its tools too; where there is none, Codex's own does."""
        if mode is PermissionMode.FULL or self.process.level in _CONFINED:
            return "danger-full-access"
        return "read-only" if mode is PermissionMode.PLAN else "workspace-write"

    async def _begin(self, query: Query, more: Extras, thread: str, turn: Turn) -> None:
        params: dict[str, Any] = {"threadId": thread, "input": input_of(query)}
        if query.schema is not None:
            params["outputSchema"] = dict(query.schema)
        if more.effort is not None:
            params["effort"] = more.effort
        answer = await self._connection.request("turn/start", params)
        begun = answer.get("turn")
        turn.id = str(begun.get("id")) if isinstance(begun, Mapping) else None

    async def _answer(
        self, record: Mapping[str, Any], params: Mapping[str, Any], job: Job, turn: Turn, emit: Emit
    ) -> None:
        method = str(record["method"])
        requests = permission_requests(method, params, turn.items)
        if requests is None:
            answer = refusal(method)
            if answer is None:
                await self._connection.refuse(record["id"], f"{method} is not offered")
            else:
                await self._connection.respond(record["id"], answer)
            return
        allowed = True
        for request in requests:
            allowed = allowed and (await self._provider.decide(job, request, emit)).allowed
        await self._connection.respond(record["id"], {"decision": "accept" if allowed else "decline"})


def _begun(answer: Mapping[str, Any], params: Mapping[str, Any]) -> Thread:
    thread = answer.get("thread")
    found: Mapping[str, Any] = thread if isinstance(thread, Mapping) else {}
    return Thread(str(found.get("id", "")), answer.get("model") or found.get("model"), params)
