"""The broker's program: one for a user and a folder of Claif's, until there is nothing to keep."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from math import inf
from pathlib import Path

import trio

from .._version import __version__
from ..errors import PermissionError
from ..logs import logger, start
from ..transport.broker.place import check_peer, connected, forget, listening, locked, new_token, opened
from ..transport.broker.wire import Wire
from ..transport.process.processes import Processes
from .held import Held
from .keeper import Keeper
from .session import Session

LINGER = 5.0
"""Seconds that a broker without a process and without a client stays."""
PATIENCE = 5.0
"""Seconds that we wait for another broker that is ending."""
_LOOK = 0.01


class Server:
    """Takes clients until there is nothing to do.

    Args:
        home: Claif's own folder.
        token: what clients must know.
    """

    def __init__(self, home: Path, token: str) -> None:
        self._home, self._token = home, token
        self._clients = 0
        self._accepting, self._serving = trio.CancelScope(), trio.CancelScope()
        self._alone = trio.Event()
        self._keeper: Keeper | None = None

    async def run(self, listener: socket.socket, let_go: Callable[[], None]) -> None:
        """Serve.

        Args:
            listener: a listening socket.
            let_go: called when another broker may take our place.
        """
        listener.setblocking(False)
        async with trio.open_nursery() as nursery, Processes(self._home, nursery, made=Held) as processes:
            keeper = self._keeper = Keeper(nursery, self._look)
            nursery.start_soon(self._listen_for_signals)
            self._look()
            with self._serving:
                try:
                    with self._accepting, trio.socket.from_stdlib_socket(listener) as ours:
                        while True:
                            connection, _ = await ours.accept()
                            self._clients += 1
                            self._look()
                            nursery.start_soon(self._serve, connection, processes, keeper)
                finally:
                    let_go()
                await keeper.end_waiting()
                while self._clients:
                    self._alone = trio.Event()
                    await self._alone.wait()
            nursery.cancel_scope.cancel()

    def retire(self, *, at_once: bool = False) -> None:
        """Take no more clients, and end when those that are here have gone, or at once."""
        self._accepting.cancel()
        if at_once:
            self._serving.cancel()

    async def _serve(self, connection: trio.socket.SocketType, processes: Processes, keeper: Keeper) -> None:
        plain = socket.socket(fileno=connection.detach())
        try:
            check_peer(plain)
            await Session(Wire(plain), self._token, processes, keeper, self.retire).serve()
        except PermissionError as error:
            logger.warning("a client was sent away: {}", error)
            plain.close()
        finally:
            self._clients -= 1
            self._alone.set()
            self._look()

    def _look(self) -> None:
        """Set or stop the clock that ends a broker without a task."""
        busy = self._clients or (self._keeper is not None and not self._keeper.empty)
        self._accepting.deadline = inf if busy else trio.current_time() + LINGER

    async def _listen_for_signals(self) -> None:
        with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            async for _ in signals:
                self.retire(at_once=True)


def main(home: str) -> None:
    """Be the broker, unless there is one."""
    start("info")
    with opened(Path(home), make=True) as folder:
        lock = _alone(folder)
        if lock is None:
            return
        token = new_token(folder)
        listener = listening(folder)
        logger.info("broker {} begins, pid {}", __version__, os.getpid())

        def let_go() -> None:
            forget(folder)
            os.close(lock)

        trio.run(Server(Path(home), token).run, listener, let_go)
        logger.info("broker ends, pid {}", os.getpid())


def _alone(folder: int) -> int | None:
    """Be the only one; wait for another one that takes no clients any more."""
    deadline = time.monotonic() + PATIENCE
    while (lock := locked(folder)) is None and time.monotonic() < deadline:
        if (other := connected(folder)) is not None:
            other.close()
            return None
        time.sleep(_LOOK)
    return lock
