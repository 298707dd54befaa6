"""The driver: one process of Claude Code, its control requests and its turns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import asdict

from claif.api import Decision, Emit, Job, Process, ProtocolError, UsageReport
from claif_claude.failures import failure
from claif_claude.prompt import CLEAR, content_of, user_line
from claif_claude.requests import permission_request
from claif_claude.turn import Turn
from claif_claude.usage import Totals

if TYPE_CHECKING:
    from claif_claude.provider import ClaudeProvider

NAME = "Claude Code"


class ClaudeDriver:
    """Speaks with one process.

    Args:
        provider: decides what it asks for.
        process: the process.
        job: what it was started for.
    """

    def __init__(self, provider: ClaudeProvider, process: Process, job: Job) -> None:
        self.process = process
        self._provider = provider
        self._job = job
        self._totals = Totals()
        self._conversation: str | None = None
        self._requests = 0

    async def open(self) -> None:
        """Greet it: the instructions and the MCP servers go this way, so that they never are arguments."""
        query, settings = self._job.query, self._provider.settings
        greeting: dict[str, Any] = {"subtype": "initialize", "hooks": None}
        if query.system:
            greeting["systemPrompt"] = query.system
        await self._control(greeting)
        if settings.mcp_servers:
            servers = {name: dict(server) for name, server in settings.mcp_servers.items()}
            await self._control({"subtype": "mcp_set_servers", "servers": servers})

    async def healthy(self) -> bool:
        """Whether it takes another query; `renew` has made sure that it knows nothing of the last."""
        return self.process.alive

    async def renew(self) -> bool:
        """Begin a new conversation."""
        before = self._conversation
        await self.process.send(user_line(CLEAR))
        while (record := await self.process.receive()) is not None:
            if record.get("type") == "result":
                self._totals = Totals.of(record, self._totals)
                self._conversation = record.get("session_id")
                return self._conversation not in (None, before) and not record.get("is_error")
        return False

    async def turn(self, job: Job, emit: Emit) -> bool:
        """One query."""
        turn = Turn(self._provider.context.name)
        await self.process.send(user_line(content_of(job.query)))
        while (record := await self.process.receive()) is not None:
            if record.get("type") == "control_request":
                await self._answer(record, job, turn, emit)
                continue
            if record.get("type") in {"control_response", "keep_alive", "control_cancel_request"}:
                continue
            is_end = record.get("type") == "result"
            if is_end:
                await self._account(record, emit)
            for event in turn.feed(record):
                await emit(event)
            if is_end:
                return self._end(record, turn, job)
        raise self.process.ended(NAME)

    async def interrupt(self) -> bool:
        """Have it stop: it ends its tools, and says so with a `result`. It is not used again."""
        await self.process.send(self._request({"subtype": "interrupt"}))
        while (record := await self.process.receive()) is not None:
            if record.get("type") == "result":
                break
        return False

    def state(self) -> Mapping[str, Any]:
        """Its conversation and what was consumed in it so far."""
        return {"conversation": self._conversation, "totals": asdict(self._totals), "requests": self._requests}

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Go on where another driver was."""
        self._conversation, self._requests = str(state["conversation"]), int(state["requests"])
        self._totals = Totals(**state["totals"])

    def _end(self, record: Mapping[str, Any], turn: Turn, job: Job) -> bool:
        self._conversation = turn.conversation
        self._fail(record, turn)
        # A conversation that was gone on with is elsewhere too; whoever goes on with it again shall find it whole.
        return job.query.conversation is None

    def _fail(self, record: Mapping[str, Any], turn: Turn | None) -> None:
        model = (turn.model if turn else None) or self._job.query.model
        code = turn.code if turn else None
        error = failure(record, provider=self._provider.context.name, model=model, code=code)
        if error is not None:
            raise error

    async def _account(self, record: Mapping[str, Any], emit: Emit) -> None:
        totals = Totals.of(record, self._totals)
        usage, self._totals = totals.since(self._totals), totals
        await emit(UsageReport(usage))

    async def _answer(self, record: Mapping[str, Any], job: Job, turn: Turn, emit: Emit) -> None:
        request = record.get("request")
        body: Mapping[str, Any] = request if isinstance(request, Mapping) else {}
        if body.get("subtype") != "can_use_tool":
            await self._respond(record, {"subtype": "error", "error": f"{body.get('subtype')} is not supported"})
            return
        decision = await self._provider.decide(job, permission_request(body, turn.conversation), emit)
        await self._respond(record, {"subtype": "success", "response": _verdict(decision, body)})

    async def _respond(self, record: Mapping[str, Any], response: dict[str, Any]) -> None:
        await self.process.send(
            {"type": "control_response", "response": {**response, "request_id": record.get("request_id")}}
        )

    async def _control(self, request: dict[str, Any]) -> None:
        """Send a control request and wait for its response; bounded by the caller."""
        sent = self._request(request)
        await self.process.send(sent)
        while (record := await self.process.receive()) is not None:
            if record.get("type") == "result":  # what it was started with does not hold, such as a conversation
                self._fail(record, None)
            response = record.get("response")
            if record.get("type") != "control_response" or not isinstance(response, Mapping):
                continue
            if response.get("request_id") == sent["request_id"]:
                if response.get("subtype") != "success":
                    raise ProtocolError(f"Claude Code refuses {request['subtype']}: {response.get('error')}")
                return
        raise self.process.ended(NAME)

    def _request(self, request: dict[str, Any]) -> dict[str, Any]:
        self._requests += 1
        return {"type": "control_request", "request_id": f"claif-{self._requests}", "request": request}


def _verdict(decision: Decision, body: Mapping[str, Any]) -> dict[str, Any]:
    if decision.allowed:
        return {"behavior": "allow", "updatedInput": body.get("input") or {}}
    return {"behavior": "deny", "message": decision.reason or "This is not allowed."}
