"""What the agent asks of Claif during a turn: permission, and files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from claif.api import ClaifError, Emit, Job
from claif_acp.failures import RESOURCE_NOT_FOUND
from claif_acp.files import READ, WRITE, Files
from claif_acp.parts import table
from claif_acp.permissions import CANCELLED, outcome, permission_requests
from claif_acp.rpc import INTERNAL_ERROR, INVALID_PARAMS, Connection

if TYPE_CHECKING:
    from claif_acp.provider import AcpProvider
    from claif_acp.turn import Turn

PERMISSION = "session/request_permission"


class Requests:
    """Answers the requests of one turn; those of another session are refused.

    Args:
        provider: decides what may be done.
        connection: leads to the agent.
        session: id of the session.
        job: the query.
    """

    def __init__(self, provider: AcpProvider, connection: Connection, session: str, job: Job) -> None:
        self._provider, self._connection, self._session, self._job = provider, connection, session, job
        self._files = Files(provider, job)
        self._open: object = None

    async def answer(self, number: object, method: str, params: Mapping[str, Any], turn: Turn, emit: Emit) -> None:
        """Answer a request.

        Args:
            number: its id.
            method: what is asked.
            params: its parameters.
            turn: the turn, which knows the tools.
            emit: told what was decided.
        """
        offered = self._provider.client_capabilities(self._job.mode)["fs"]
        if method == PERMISSION:
            await self._permit(number, params, turn, emit)
        elif params.get("sessionId") != self._session:
            await self._connection.refuse(number, "there is no such session", INVALID_PARAMS)
        elif (method == READ and offered["readTextFile"]) or (method == WRITE and offered["writeTextFile"]):
            await self._serve(number, method, params, emit)
        else:
            await self._connection.refuse(number, f"{method[:80]} is not offered")

    async def cancel(self) -> None:
        """Answer the request for permission that is open, as the protocol has it for a cancelled turn."""
        if self._open is not None:
            number, self._open = self._open, None
            await self._connection.respond(number, CANCELLED)

    async def _permit(self, number: object, params: Mapping[str, Any], turn: Turn, emit: Emit) -> None:
        if params.get("sessionId") != self._session:
            await self._connection.respond(number, CANCELLED)
            return
        self._open = number
        call = turn.call(table(params.get("toolCall")))
        for event in turn.asked(call):
            await emit(event)
        allowed, why = True, ""
        requests = permission_requests(call, self._session)
        for request in requests:
            decision = await self._provider.decide(self._job, request, emit)
            allowed, why = decision.allowed, decision.reason
            if not allowed:
                break
        answer = outcome(params, allowed=allowed)
        if not allowed or answer == CANCELLED:
            for event in turn.denied(call, why):
                await emit(event)
        else:
            # A command or a call that reads may name files too; nobody was asked whether these may be written.
            for edit in [request for request in requests if request.kind == "edit"]:
                self._files.allow(edit.subject)
        self._open = None
        await self._connection.respond(number, answer)

    async def _serve(self, number: object, method: str, params: Mapping[str, Any], emit: Emit) -> None:
        try:
            if method == READ:
                result = await self._files.read(params)
            else:
                result = await self._files.write(params, self._session, emit)
        except FileNotFoundError:
            # Agents go on by this: a file that is not there is one to be made.
            await self._connection.refuse(number, "Resource not found (ENOENT)", RESOURCE_NOT_FOUND)
        except (ClaifError, OSError, UnicodeError) as error:
            why = error.message if isinstance(error, ClaifError) else f"{type(error).__name__}: the file cannot be used"
            await self._connection.refuse(number, why, INTERNAL_ERROR)
        else:
            await self._connection.respond(number, result)
