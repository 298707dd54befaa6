"""One connection of a client: it asks for one process, uses it, and leaves it or loses it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

import trio

from ..errors import ClaifError, PermissionError
from ..logs import logger
from ..transport.broker.wire import GREETING, close_all, read_order, told
from ..transport.process.pool_key import PoolKey

if TYPE_CHECKING:
    from ..transport.broker.wire import Wire
    from ..transport.process.processes import Processes
    from .held import Held
    from .keeper import Keeper

_SEND = 5.0
"""Seconds after which a client that takes no answer is given up."""


class Session:
    """Serves a client until it goes.

    Args:
        wire: the connection.
        token: what a client must know.
        processes: start the programs.
        keeper: keeps those that nobody uses.
        retire: takes no more clients; called when one of another version comes, or on request.
    """

    def __init__(
        self, wire: Wire, token: str, processes: Processes, keeper: Keeper, retire: Callable[..., None]
    ) -> None:
        self._wire, self._processes, self._keeper, self._retire = wire, processes, keeper, retire
        self._token = token
        self._known = False
        self._held: Held | None = None
        self._does: Mapping[str, Callable[[dict[str, Any]], Awaitable[None]]] = {
            "take": self._take,
            "start": self._start,
            "eof": self._eof,
            "terminate": self._terminate,
            "kill": self._kill,
            "keep": self._keep,
            "status": self._status,
            "retire": self._leave,
            "stop": self._stop,
        }

    async def serve(self) -> None:
        """Do what the client says; a process that it has not left here ends with it."""
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                try:
                    await self._listen()
                except (OSError, KeyError, TypeError, ValueError, ClaifError, trio.TooSlowError) as error:
                    logger.warning("a client was given up: {}: {}", type(error).__name__, error)
                nursery.cancel_scope.cancel()
        finally:
            held, self._held = self._held, None
            if held is not None:
                await held.kill()  # noqa: ASYNC102 - shielded and bounded itself
                self._keeper.gone(held)
            self._wire.close()

    async def _listen(self) -> None:
        while (heard := await self._wire.receive()) is not None:
            message, fds = heard
            close_all(fds)  # clients have none to send
            if not self._known:
                if not compare_digest(str(message.get("token")).encode(), self._token.encode()):
                    raise PermissionError("a client does not know the token")
                self._known = True
                await self._say(GREETING)
            elif (do := self._does.get(str(message.get("do")))) is not None:
                await do(message)

    async def _say(self, message: Mapping[str, Any], fds: list[int] | None = None) -> None:
        with trio.fail_after(_SEND):
            await self._wire.send(message, fds or [])

    async def _take(self, message: dict[str, Any]) -> None:
        held = await self._keeper.take(PoolKey(message["owner"], bytes.fromhex(message["key"])))
        if held is None:
            await self._say({"process": None})
        else:
            await self._lend(held, {"state": held.state, "turns": held.turns, "renewing": held.renewing})

    async def _start(self, message: dict[str, Any]) -> None:
        command, policy, inherited = read_order(message["order"])
        try:
            held: Any = await self._processes.start(
                command, policy, start_timeout=message["timeout"], inherited=inherited
            )
        except ClaifError as error:
            await self._say({"error": told(error)})
            return
        self._keeper.all.add(held)
        await self._lend(held, {})

    async def _lend(self, held: Held, more: Mapping[str, Any]) -> None:
        self._held = held
        known = {"pid": held.pid, "name": held.name, "level": held.level, "notes": list(held.notes)}
        await self._say({"process": known, **more}, held.fds())
        self._nursery.start_soon(self._tell_end, held)

    async def _tell_end(self, held: Held) -> None:
        code = await held.wait()
        with suppress(OSError, trio.TooSlowError):  # nobody wants to know any more
            await self._say({"ended": code})

    async def _eof(self, _message: dict[str, Any]) -> None:
        if self._held is not None:
            self._held.send_eof()

    async def _terminate(self, _message: dict[str, Any]) -> None:
        if self._held is not None:
            self._held.terminate()

    async def _kill(self, _message: dict[str, Any]) -> None:
        held, self._held = self._held, None
        if held is not None:
            await held.kill()
            self._keeper.gone(held)
        await self._say({"gone": True})

    async def _keep(self, message: dict[str, Any]) -> None:
        held, self._held = self._held, None
        if held is not None:
            self._nursery.cancel_scope.cancel()
            held.owner, held.state, held.turns = message["owner"], message["state"], message["turns"]
            held.renewing = message["renewing"]
            self._keeper.keep(PoolKey(message["owner"], bytes.fromhex(message["key"])), held, message["seconds"])
        with trio.CancelScope(shield=True):
            await self._say({"kept": True})

    async def _status(self, _message: dict[str, Any]) -> None:
        await self._say({"status": self._keeper.table()})

    async def _leave(self, _message: dict[str, Any]) -> None:
        self._retire()
        await self._say({"retired": True})

    async def _stop(self, _message: dict[str, Any]) -> None:
        await self._say({"stopped": True})
        self._retire(at_once=True)
