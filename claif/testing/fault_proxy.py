"""A proxy on 127.0.0.1 that forwards TCP and lets go wrong on the way what a test wants."""

from __future__ import annotations

import socket
import sys
from contextlib import AsyncExitStack
from random import Random
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import trio

from .background import background
from .fault_connection import FaultConnection, FaultCounts
from .faults import Fault, Refuse

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class FaultProxy:
    """Stands between a client and a server of a test; see `claif.testing.faults` for what it can do to them.

    Each connection has the faults that are set when it is made, those with a probability if the seed says so: the n-th
    connection of a proxy with the same seed and the same faults always has the same fortune. Time is real here, so
    keep delays small. All connections end with the block.

    Example:
        async with ScriptedServer() as server, FaultProxy(server.port) as proxy:
            proxy.set(Latency(0.01, jitter=0.02), Cut(300, probability=0.5))
            base_url = proxy.through(server.url())

    Args:
        target: the port of the server on 127.0.0.1, or its URL.
        *faults: those that hold from the beginning.
        seed: decides every random choice.

    Attributes:
        port: where it listens; it stays the same while connections are refused.
        counts: what has happened so far.

    Raises:
        ValueError: the URL does not lead to this machine, or names no port.
    """

    def __init__(self, target: int | str, *faults: Fault, seed: int = 0) -> None:
        self._host, self._target = ("127.0.0.1", target) if isinstance(target, int) else _address(target)
        self._url = target if isinstance(target, str) else f"http://127.0.0.1:{target}"
        self._seed = seed
        self._rng = Random(seed)  # noqa: S311 - it shall be predictable
        self._faults: tuple[Fault, ...] = ()
        self._first = _checked(faults)
        self._alive: set[FaultConnection] = set()
        self._stack = AsyncExitStack()
        self._nursery: trio.Nursery | None = None
        self._socket: trio.socket.SocketType | None = None
        self._listens = False
        self.port = 0
        self.counts = FaultCounts()

    @property
    def url(self) -> str:
        """The server's URL, through the proxy."""
        return self.through(self._url)

    def through(self, url: str) -> str:
        """The same URL with the proxy instead of the server."""
        return urlsplit(url)._replace(netloc=f"127.0.0.1:{self.port}").geturl()

    def set(self, *faults: Fault) -> None:
        """Have these faults and no others, from now on; without any the network is well.

        Connections that are open draw anew. `set(Refuse(), Reset())` is a server that has died.

        Raises:
            TypeError: one of them is no fault.
        """
        self._faults = _checked(faults)
        refuses = [fault for fault in faults if isinstance(fault, Refuse)]
        if any(self._rng.random() < fault.probability for fault in refuses):
            self._refuse()
        else:
            self._listen()
        for connection in list(self._alive):
            connection.draw(self._faults)

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            self._nursery = await stack.enter_async_context(background())
            stack.callback(self._leave_port)
            self._socket = _bound(self.port)
            self.port = self._socket.getsockname()[1]
            self.set(*self._first)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        return await self._stack.__aexit__(kind, error, traceback)  # noqa: ASYNC102 - what is inside is bounded

    def _leave_port(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def _listen(self) -> None:
        assert self._nursery is not None, "a proxy is used inside `async with`"  # noqa: S101 - a test's own mistake
        assert self._socket is not None, "the port is kept as long as the proxy lives"  # noqa: S101 - just entered
        if not self._listens:
            self._listens = True
            self._socket.listen(128)
            self._nursery.start_soon(self._accept, trio.SocketListener(self._socket))

    def _refuse(self) -> None:
        self.counts.applied[Refuse] += 1
        if self._listens and self._socket is not None:
            self._listens = False
            self._socket.close()
            # A socket that is bound and does not listen refuses, and keeps the port from others.
            self._socket = _bound(self.port)

    async def _accept(self, listener: trio.SocketListener) -> None:
        assert self._nursery is not None, "it runs there"  # noqa: S101 - it runs there
        try:
            while True:
                self._nursery.start_soon(self._serve, await listener.accept())
        except trio.ClosedResourceError:
            return

    async def _serve(self, stream: trio.SocketStream) -> None:
        self.counts.connections += 1
        self.counts.open += 1
        # Of its own, so that the fortune of one connection does not depend on the timing of others.
        rng = Random(f"{self._seed}/{self.counts.connections}")  # noqa: S311 - it shall be predictable
        connection = FaultConnection(stream, rng, self.counts)
        self._alive.add(connection)
        try:
            connection.draw(self._faults)
            await connection.run(self._host, self._target)
        finally:
            self._alive.discard(connection)
            self.counts.open -= 1


def _checked(faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
    for fault in faults:
        if not isinstance(fault, Fault):
            raise TypeError(f"{fault!r} is no fault; those of claif.testing.faults are")
    return faults


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    if parts.hostname not in LOOPBACK or not parts.port:
        raise ValueError(f"{url!r} is no URL of a server on this machine with its port, like http://127.0.0.1:8000")
    return parts.hostname, parts.port


def _bound(port: int) -> trio.socket.SocketType:
    plain = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # there it would let others take the port
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        plain.bind(("127.0.0.1", port))
        return trio.socket.from_stdlib_socket(plain)
    except BaseException:
        plain.close()
        raise
