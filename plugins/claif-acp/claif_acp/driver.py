"""The driver: one process of an agent, its sessions and its turns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import trio
from attrs import asdict

from claif.api import ClaifError, Emit, Job, Process, Started, __version__
from claif_acp.agent import VERSION, Agent, agent_of
from claif_acp.failures import failure
from claif_acp.parts import table, text
from claif_acp.prompt import prompt_of
from claif_acp.requests import Requests
from claif_acp.rpc import Answer, Connection, answer_of
from claif_acp.session import NEW, Session, begun_session, open_session, session_params, told_commands
from claif_acp.turn import Turn

if TYPE_CHECKING:
    from claif_acp.provider import AcpProvider

COMMANDS_TIMEOUT = 0.5
"""Seconds in which an agent that does so tells the commands of its sessions, so that it is quiet afterwards."""
CLIENT = {"name": "claif", "title": "Claif", "version": __version__}


class AcpDriver:
    """Speaks with one process.

    Args:
        provider: decides what it asks for.
        process: the process.
        job: what it was started for.
    """

    def __init__(self, provider: AcpProvider, process: Process, job: Job) -> None:
        self.process = process
        self.provider = provider
        self._job = job
        self._agent = Agent()
        self._connection = Connection(process, provider.preset.title)
        self._sessions = 0
        self._ahead: Session | None = None
        self._begun: int | None = None
        self._untold: set[str | None] = set()
        self._running: tuple[str, int] | None = None
        self._requests: Requests | None = None

    async def open(self) -> None:
        """Greet it, as https://agentclientprotocol.com/protocol/initialization has it."""
        params = {
            "protocolVersion": VERSION,
            "clientInfo": CLIENT,
            "clientCapabilities": self.provider.client_capabilities(self._job.mode),
        }
        answer = await self.request("initialize", params)
        self._agent = agent_of(answer.result, self.provider.preset.title)

    async def healthy(self) -> bool:
        """Whether it takes another query; each has a session of its own."""
        return self.process.alive

    async def renew(self) -> bool:
        """Have the next conversation ready, if one was begun; whether it takes another one at all."""
        if self._begun is None:
            return self._sessions < self.provider.preset.most_sessions
        answer = self._granted(await self._connection.answer(self._begun))
        model = self.provider.model_in_session(self._job.query)
        self._ahead = await begun_session(self, answer, model=model)
        with trio.move_on_after(COMMANDS_TIMEOUT):
            while self._untold and (record := await self._connection.next()) is not None:
                self._untold.discard(told_commands(record))
        self._begun = None
        return True

    @property
    def resumable(self) -> bool:
        """Whether nothing has come yet since `begin_renewal`."""
        return self._begun is None or (self._begun == self._connection.last and self._connection.silent)

    async def begin_renewal(self) -> None:
        """Begin the next conversation, if the agent says when it has done so and takes another one."""
        preset = self.provider.preset
        if preset.tells_commands and self._sessions < preset.most_sessions:
            self._sessions += 1
            self._begun = await self._connection.send(NEW, session_params(self, self._job, self._agent))

    async def turn(self, job: Job, emit: Emit) -> bool:
        """One query."""
        provider, preset = self.provider, self.provider.preset
        prompt = prompt_of(job.query, self._agent, preset.title, system=not preset.takes_system)
        session, self._ahead = self._ahead, None
        if session is None or job.query.conversation or session.wanted != provider.model_in_session(job.query):
            session = await self._begin(job)
        model = provider.model_of(job.query) or session.model
        told = session.id if provider.resumes(self._agent) else None
        await emit(Started(provider.context.name, model, conversation=told))
        turn = Turn(preset, provider.context.name, model, spent=session.spent)
        number = await self._connection.send("session/prompt", {"sessionId": session.id, "prompt": prompt})
        self._running = (session.id, number)
        self._requests = Requests(provider, self._connection, session.id, job)
        while (record := await self._connection.next()) is not None:
            answer = answer_of(record, number)
            if answer is None:
                await self._take(record, session, turn, emit)
                continue
            self._running = None
            if answer.error is not None:
                raise self.failure(answer.error, model)
            for event in turn.end(answer.result):
                await emit(event)
            # A conversation that was gone on with is elsewhere too; whoever goes on with it shall find it whole.
            return job.query.conversation is None
        raise self.process.ended(preset.title)

    async def interrupt(self) -> bool:
        """Have it stop its turn and its tools; its answer says that it has. It is not used again."""
        if self._running is None:
            return False
        session, number = self._running
        await self._connection.notify("session/cancel", {"sessionId": session})
        if self._requests is not None:
            await self._requests.cancel()
        while (record := await self._connection.next()) is not None:
            if answer_of(record, number) is not None:
                break
        return False

    def state(self) -> Mapping[str, Any]:
        """What the agent offers, its sessions, and the numbers of the last request and of that for the next session."""
        return {
            "agent": asdict(self._agent),
            "sessions": self._sessions,
            "ahead": None if self._ahead is None else asdict(self._ahead),
            "untold": list(self._untold),
            "begun": self._begun,
            "last": self._connection.last,
        }

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Go on where another driver was."""
        agent = dict(state["agent"])
        self._agent = Agent(**{**agent, "logins": tuple(agent["logins"])})
        self._ahead = None if state["ahead"] is None else Session(**state["ahead"])
        self._untold = set(state["untold"])
        self._begun = None if state["begun"] is None else int(state["begun"])
        self._sessions, self._connection.last = int(state["sessions"]), int(state["last"])

    async def _begin(self, job: Job) -> Session:
        self._sessions += 1
        return await open_session(self, job, self._agent, model=self.provider.model_in_session(job.query))

    def note(self, session: str, answer: Answer) -> None:
        """Know of a session that was opened by an answer; its commands are told before that, or later."""
        self._untold.add(session)
        self._hear(answer)

    def _hear(self, answer: Answer) -> None:
        self._untold.difference_update(map(told_commands, answer.late))

    async def request(self, method: str, params: Mapping[str, Any]) -> Answer:
        """Send a request and wait for its result.

        Raises:
            ClaifError: it is refused, or the process ended.
        """
        return self._granted(await self.ask(method, params))

    def _granted(self, answer: Answer) -> Answer:
        if answer.error is not None:
            raise self.failure(answer.error)
        return answer

    async def ask(self, method: str, params: Mapping[str, Any]) -> Answer:
        """Send a request and wait for its answer, which may be an error.

        Raises:
            TransportError: the process ended.
        """
        answer = await self._connection.request(method, params)
        self._hear(answer)
        return answer

    def failure(self, error: Mapping[str, Any], model: str | None = None) -> ClaifError:
        """The error of Claif that an error of the agent means."""
        preset = self.provider.preset
        return failure(
            error,
            agent=self._agent,
            provider=self.provider.context.name,
            model=model or self.provider.model_of(self._job.query),
            login=preset.login,
            status=preset.status,
        )

    async def _take(self, record: Mapping[str, Any], session: Session, turn: Turn, emit: Emit) -> None:
        method, params = text(record.get("method")), table(record.get("params"))
        self._untold.discard(told_commands(record))
        if not method:
            return  # an answer to what nobody asks any more
        if "id" in record:
            assert self._requests is not None  # noqa: S101 - set before anything is taken
            await self._requests.answer(record["id"], method, params, turn, emit)
        elif method == "session/update" and params.get("sessionId") == session.id:
            for event in turn.feed(table(params.get("update"))):
                await emit(event)
