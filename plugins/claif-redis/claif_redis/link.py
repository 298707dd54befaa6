"""The connection to a Redis: one that all tasks share, in the order in which they ask; a sick one is replaced."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

import trio
from anyio import BrokenResourceError, ClosedResourceError
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from coredis.exceptions import NoScriptError, RedisError

from .address import connector, redis_address
from .failures import failure, late, not_open

if TYPE_CHECKING:
    from coredis.connection import BaseConnection

    from claif.api import ConnectionError, Secret

    from .scripts import Script

Argument = bytes | str | int
Command = tuple[Argument, ...]
"""Its name, which may be of two words, and its arguments."""
Sent = Sequence[Any]
"""Answers that are under way; each is awaited."""

NAME = "claif"
"""What `CLIENT LIST` shows."""

# coredis logs each failure with its traceback, though it is raised as an error as well: that would be told twice.
if logging.getLogger("coredis").level == logging.NOTSET:
    logging.getLogger("coredis").setLevel(logging.CRITICAL)


class Link:
    """A connection that is opened when it is first needed and replaced when it is lost.

    A server answers in the order in which it was asked. So who is too late has everybody behind him wait as well, and
    the connection is given up; who is merely cancelled leaves his answer to be read and thrown away. (The pool of
    coredis is not used: it never gets back the place of a connection that was cancelled while it was opened, or lost
    while it was in use.)

    Args:
        url: where the server is; `LOCAL` if it is not said.
        password: the server's, if it is not in the URL.
        timeout: seconds that an exchange may take, opening the connection included.

    Raises:
        InvalidConfigError: it is no such URL.
    """

    def __init__(self, url: str | Secret | None, password: Secret | None, timeout: float) -> None:
        address, database = redis_address(url, password)
        self.place, self.server = address.place, address.server
        self.timeout = timeout
        self._connector = connector(address, database, NAME)
        self._connection: BaseConnection | None = None
        self._opening: _Opening | None = None
        self._nursery: trio.Nursery | None = None
        self.exchanges = 0
        """How often something was sent: what goes together counts once."""

    def start_soon(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Have something done that outlives a call, if the link is open; whether it is."""
        if self._nursery is None:
            return False
        self._nursery.start_soon(work)
        return True

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Be open until cancelled."""
        try:
            async with trio.open_nursery() as self._nursery:
                task_status.started()
                await trio.sleep_forever()
        finally:
            self._nursery = self._connection = None

    async def ask(self, *commands: Command, more: float = 0.0) -> list[Any]:
        """Send commands together, and wait for their answers: one round trip.

        Args:
            *commands: what is sent.
            more: seconds that it may take longer than others.

        Raises:
            ConnectionError: the server cannot be reached, is late, or refuses one of them.
        """
        with trio.move_on_after(self.timeout + more):
            return await self.answers(await self.send(*commands))
        raise self._give_up(self.timeout + more)

    async def call(self, script: Script, keys: Sequence[str], arguments: Sequence[Argument]) -> Any:
        """Run a script: one round trip, or two if the server does not know it yet.

        Raises:
            ConnectionError: as `ask`.
        """
        with trio.move_on_after(self.timeout):
            return await self.answer(script, keys, arguments, [])
        raise self._give_up(self.timeout)

    async def answer(self, script: Script, keys: Sequence[str], arguments: Sequence[Argument], sent: list[Any]) -> Any:
        """The answer of a script, which is sent in full if the server does not know it; the caller bounds the time.

        Args:
            script: what is run.
            keys: its keys.
            arguments: its arguments.
            sent: meanwhile, and if it fails, what was sent and may have been carried out; empty at first.

        Raises:
            ConnectionError: as `ask`.
        """
        sent[:] = await self.send(script.command(keys, arguments))
        try:
            (answer,) = await self.answers(sent, unknown_script=True)
        except NoScriptError:
            sent.clear()
            sent[:] = await self.send(script.in_full(keys, arguments))
            (answer,) = await self.answers(sent)
        return answer

    async def send(self, *commands: Command) -> Sent:
        """Send commands together without waiting for their answers; the caller bounds the time.

        Raises:
            ConnectionError: the server cannot be reached. Nothing was sent then.
        """
        connection = self._connection
        if connection is None or not connection.usable:
            connection = await self._open()
        self.exchanges += 1
        try:
            return [connection.create_request(cast("bytes", name), *rest, decode=False) for name, *rest in commands]
        except (RedisError, BrokenResourceError, ClosedResourceError) as error:
            raise failure(error, self.server) from None

    async def answers(self, sent: Sent, *, unknown_script: bool = False) -> list[Any]:
        """The answers to commands that were sent; the first that is an error is raised when all are there."""
        answers: list[Any] = []
        failed: Exception | None = None
        for request in sent:
            try:
                answers.append(await request)
            except (RedisError, OSError, ReferenceError) as error:
                failed = failed or error
        if failed is None:
            return answers
        if unknown_script and isinstance(failed, NoScriptError):
            raise failed
        raise failure(failed, self.server) from None

    def drop(self) -> None:
        """Give the connection up; the next exchange opens another one."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection = None

    def _give_up(self, seconds: float) -> ConnectionError:
        self.drop()
        return late(self.server, seconds)

    async def _open(self) -> BaseConnection:
        """A new connection, or the one that is being opened; whose time runs out tells only who began it."""
        while True:
            if self._nursery is None:
                raise not_open(self.server)
            opening, begins = self._opening, self._opening is None
            if opening is None:
                opening = self._opening = _Opening()
                self._nursery.start_soon(self._connect, opening, self._nursery)
            await opening.done.wait()
            if opening.connection is not None:
                return opening.connection
            if opening.error is not None:
                raise failure(opening.error, self.server) from None
            if begins:
                raise late(self.server, self.timeout)

    async def _connect(self, opening: _Opening, nursery: trio.Nursery) -> None:
        """Open a connection for all who wait for it; that one of them is cancelled is nothing to the others."""
        connection = self._connector()
        try:
            with trio.move_on_after(self.timeout):
                error = await nursery.start(_hold, connection)
                if error is None:
                    self._connection = opening.connection = connection
                else:
                    # While it opens a connection, coredis turns a cancellation into an error.
                    await trio.lowlevel.checkpoint_if_cancelled()
                    opening.error = error
        finally:
            self._opening = None
            opening.done.set()


class _Opening:
    """A connection that is being opened, or why it could not be; without a reason, it took too long."""

    __slots__ = ("connection", "done", "error")

    def __init__(self) -> None:
        self.done = trio.Event()
        self.connection: BaseConnection | None = None
        self.error: Exception | None = None


async def _hold(
    connection: BaseConnection, *, task_status: trio.TaskStatus[Exception | None] = trio.TASK_STATUS_IGNORED
) -> None:
    """Have a connection until it is lost; what went wrong while it was opened is the status."""
    try:
        await connection.run(task_status=task_status)
    except (RedisError, OSError) as error:
        # After it has begun, those who wait for answers have been told.
        with suppress(RuntimeError):
            task_status.started(error)
    finally:
        # coredis leaves the buffers open of a connection that could not be made.
        for value in vars(connection).values():
            if isinstance(value, MemoryObjectSendStream | MemoryObjectReceiveStream):
                value.close()
