"""The user's broker, as a client uses it: found or started, and asked for processes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio
from attrs import frozen

from ...errors import ClaifError, ProviderInitError
from ...logs import logger
from ..process.environment import inherited
from ..process.process import Process
from .child import BrokeredChild
from .place import connected, opened, token_of
from .spawn import spawn
from .wire import GREETING, Wire, order_of, read_error

if TYPE_CHECKING:
    from ..process.command import Command
    from ..process.pool_key import PoolKey
    from ..sandbox.policy import Policy

START_TIMEOUT = 10.0
"""Seconds that a broker may take to be there."""
REPLY_TIMEOUT = 5.0
"""Seconds in which a broker that is there must answer what needs no program."""
_LOOK = 0.01


@frozen
class Adopted:
    """A process that another client has left to the broker.

    Args:
        process: it.
        state: what that client's driver knew of it.
        turns: how often it was used.
        renewing: whether it was left before it was ready for the next query.
    """

    process: Process
    state: Mapping[str, Any]
    turns: int
    renewing: bool


class Broker:
    """Asks the broker; each process has a connection of its own.

    Args:
        home: Claif's own folder.
    """

    def __init__(self, home: Path) -> None:
        self._home = home

    async def take(self, key: PoolKey) -> Adopted | None:
        """A process that fits and waits there; `None` if there is none, or no broker."""
        wire = await self._greet()
        if wire is None:
            return None
        with _closed_by_failure(wire):
            message, fds = await _ask(wire, {"do": "take", "owner": key.owner, "key": key.what.hex()})
        if message.get("process") is None:
            wire.close()
            return None
        process = self._process(wire, message["process"], fds)
        return Adopted(process, message["state"], message["turns"], message["renewing"])

    async def start(self, command: Command, policy: Policy, *, timeout: float) -> Process:
        """Have the broker start a program, for this client as long as it does not leave it there.

        Args:
            command: what is run; its secrets have been fetched.
            policy: how it is confined.
            timeout: seconds until it must run.

        Raises:
            ClaifError: it cannot be started, or there is no broker.
        """
        wire = await self.connect()
        with _closed_by_failure(wire):
            order = order_of(command, policy, inherited(os.environ))
            message, fds = await _ask(wire, {"do": "start", "timeout": timeout, "order": order}, timeout=timeout + 1)
            if "error" in message:
                raise read_error(message["error"])
        return self._process(wire, message["process"], fds)

    async def tell(self, what: str) -> dict[str, Any] | None:
        """Ask a broker that runs for its `status`, or to `stop`; `None` if none runs."""
        wire = await self._greet(any_version=True)
        if wire is None:
            return None
        try:
            message, _ = await _ask(wire, {"do": what}, timeout=START_TIMEOUT + REPLY_TIMEOUT)
            return message
        finally:
            wire.close()

    async def connect(self) -> Wire:
        """A connection to the broker, which is started if need be.

        Raises:
            ProviderInitError: it does not come up.
            PermissionError: its folder is not the user's alone.
        """
        wire = await self._greet()
        if wire is not None:
            return wire
        with trio.move_on_after(START_TIMEOUT):
            await spawn(self._home)
            while (wire := await self._greet()) is None:  # noqa: ASYNC110 - nobody tells when it is there
                await trio.sleep(_LOOK)
            return wire
        raise ProviderInitError(
            "The broker that keeps processes warm does not start.",
            hint="See why: claif agent logs. Or do without it: claif config set general.keep_warm false",
        )

    async def _greet(self, *, any_version: bool = False) -> Wire | None:
        """A connection to a broker of this version; one of another is sent away, and is no more soon."""
        try:
            with opened(self._home) as folder:
                connection, token = connected(folder), token_of(folder)
        except FileNotFoundError:
            return None
        if connection is None:
            return None
        wire = Wire(connection)
        try:
            with _closed_by_failure(wire):
                message, _ = await _ask(wire, {**GREETING, "token": token})
                if any_version or all(message.get(name) == value for name, value in GREETING.items()):
                    return wire
                await _ask(wire, {"do": "retire"})
            wire.close()
        except ClaifError as error:
            logger.debug("the broker cannot be spoken to: {}", error)
        return None

    def _process(self, wire: Wire, told: Mapping[str, Any], fds: list[int]) -> Process:
        child = BrokeredChild(wire, told["pid"], fds)
        return Process(child, told["name"], level=told["level"], notes=tuple(told["notes"]), folder=self._home)


async def _ask(
    wire: Wire, message: Mapping[str, Any], *, timeout: float = REPLY_TIMEOUT
) -> tuple[dict[str, Any], list[int]]:
    """Send a message and wait for the answer.

    Raises:
        ProviderInitError: there is none.
    """
    with trio.move_on_after(timeout):
        try:
            await wire.send(message)
            heard = await wire.receive()
        except OSError:
            heard = None
        if heard is None:
            raise ProviderInitError("The broker that keeps processes warm went away.")
        return heard
    raise ProviderInitError(f"The broker that keeps processes warm did not answer within {timeout:g} s.")


@contextmanager
def _closed_by_failure(wire: Wire) -> Iterator[None]:
    """A block that closes a connection if it is left by an exception."""
    try:
        yield
    except BaseException:
        wire.close()
        raise
