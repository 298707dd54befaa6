"""What goes between the broker and a client: JSON objects and descriptors, one packet each."""

from __future__ import annotations

import array
import os
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import trio
from attrs import asdict

from ..._json import dumps, loads
from ..._version import __version__
from ...config.secret import Secret
from ...errors import ClaifError, InvalidQueryError, ProtocolError
from ..process.command import Command
from ..sandbox.policy import Limits, Policy

MOST = 160 * 1024
"""Bytes of one packet; a system's default takes a little more."""
MOST_FDS = 3
PROTOCOL = 2
"""The version of what is said here."""
GREETING = {"hello": __version__, "protocol": PROTOCOL}
_PATHS = ("state", "governing", "more", "readable")


class Wire:
    """One end of a connection.

    Args:
        connection: a connected socket of the kind that keeps packets apart.
    """

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._socket = trio.socket.from_stdlib_socket(connection)

    async def send(self, message: Mapping[str, Any], fds: Sequence[int] = ()) -> None:
        """Send a message, and descriptors with it.

        Raises:
            InvalidQueryError: it is too large.
            OSError: nobody is there any more.
        """
        data = dumps(message)
        if len(data) > MOST:
            raise InvalidQueryError("The program's arguments and variables are too long to be handed to the broker.")
        extra = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        await self._socket.sendmsg([data], extra)

    async def receive(self) -> tuple[dict[str, Any], list[int]] | None:
        """The next message and its descriptors, which are the caller's; `None` if nobody is there any more.

        Raises:
            ProtocolError: it is no such message.
        """
        space = socket.CMSG_SPACE(MOST_FDS * array.array("i").itemsize)
        try:
            data, extra, flags, _ = await self._socket.recvmsg(MOST, space, socket.MSG_CMSG_CLOEXEC)
        except OSError:
            return None
        fds = array.array("i")
        for level, kind, value in extra:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                fds.frombytes(value[: len(value) - len(value) % fds.itemsize])
        if not data:
            return None
        try:
            return _message(data, flags), list(fds)
        except ProtocolError:
            close_all(fds)
            raise

    def close(self) -> None:
        """End the connection."""
        self._socket.close()


def _message(data: bytes, flags: int) -> dict[str, Any]:
    if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
        raise ProtocolError("A message of the broker was cut.")
    message = loads(data)
    if not isinstance(message, dict):
        raise ProtocolError("A message of the broker is no object.")
    return message


def close_all(fds: Sequence[int]) -> None:
    """Close descriptors."""
    for descriptor in fds:
        os.close(descriptor)


def order_of(command: Command, policy: Policy, inherited: Mapping[str, str]) -> dict[str, Any]:
    """What the broker is told of a program; secrets among its variables are in it.

    Args:
        command: what is run; its secrets have been fetched.
        policy: how it is confined.
        inherited: the variables of ours that make a difference to it.
    """
    own = {name: value.reveal() if isinstance(value, Secret) else value for name, value in command.environment.items()}
    return {
        "program": str(command.program),
        "interpreter": None if command.interpreter is None else str(command.interpreter),
        "arguments": list(command.arguments),
        "environment": own,
        "inherited": dict(inherited),
        "directory": str(command.directory),
        "leaf": command.leaf,
        "policy": {
            "wish": policy.wish,
            "directory": str(policy.directory),
            "writable": policy.writable,
            **{name: [str(path) for path in getattr(policy, name)] for name in _PATHS},
            "network": policy.network,
            "hosts": sorted(policy.hosts),
            "nested": policy.nested,
        },
        "limits": asdict(policy.limits),
    }


def read_order(order: Mapping[str, Any]) -> tuple[Command, Policy, dict[str, str]]:
    """The command, the policy and the inherited variables that an order tells of."""
    command = Command(
        program=Path(order["program"]),
        interpreter=None if order["interpreter"] is None else Path(order["interpreter"]),
        arguments=order["arguments"],
        environment={name: Secret(value) for name, value in order["environment"].items()},
        directory=Path(order["directory"]),
        leaf=order["leaf"],
    )
    table: dict[str, Any] = dict(order["policy"])
    paths: dict[str, Any] = {name: [Path(path) for path in table.pop(name)] for name in _PATHS}
    hosts, directory = frozenset(table.pop("hosts")), Path(table.pop("directory"))
    policy = Policy(**table, **paths, hosts=hosts, directory=directory, limits=Limits(**order["limits"]))
    return command, policy, order["inherited"]


def told(error: ClaifError) -> dict[str, Any]:
    """An error as it goes over the wire."""
    return {"class": type(error).__name__, "message": error.message, "hint": error.hint}


def read_error(told: Mapping[str, Any]) -> ClaifError:
    """The error that was told of."""
    from ... import errors

    kind = getattr(errors, str(told["class"]), ClaifError)
    if not (isinstance(kind, type) and issubclass(kind, ClaifError)):
        kind = ClaifError
    return kind(str(told["message"]), hint=told["hint"])
