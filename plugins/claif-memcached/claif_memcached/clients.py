"""Connections to a memcached, used in threads.

The asyncio clients of memcached need asyncio's loop, and Claif runs on trio. A thread costs a tenth of a millisecond
and pymemcache bounds each wait of its sockets, so a thread ends soon after the one who asked has gone.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

import trio
from pymemcache.client.base import Client  # type: ignore[import-untyped] # it has no types

from .failures import FAILURES, failure, late, not_open

if TYPE_CHECKING:
    from claif.api import StoreAddress

Result = TypeVar("Result")

THREADS = 16
"""Calls that are under way at once; each has a connection."""


class Clients:
    """Lends connections to threads, and takes back those that are well.

    Args:
        address: where the server is.
        timeout: seconds that a call may take.
    """

    def __init__(self, address: StoreAddress, timeout: float) -> None:
        self.place, self.server = address.place, address.server
        self._address = address.path if address.way == "unix" else (address.host, address.port)
        self._tls = address.tls()
        self._timeout = timeout
        self._limiter = trio.CapacityLimiter(THREADS)
        self._lock = Lock()
        self._idle: list[Client] = []
        self._open = False

    def open(self) -> None:
        """Let calls in."""
        self._open = True

    def close(self) -> None:
        """Let no call in any more; connections that are still used are closed when they come back."""
        with self._lock:
            self._open = False
            idle, self._idle = self._idle, []
        for client in idle:
            client.close()

    async def call(self, work: Callable[[Client], Result], *, more: float = 0.0) -> Result:
        """Have something done with a connection, in a thread.

        It is done again on a new connection if the one that was used turns out to be dead, so it must bear that.

        Args:
            work: is given a connection.
            more: seconds that it may take longer than others.

        Raises:
            ConnectionError: the server cannot be reached, is late, or refuses.
        """
        if not self._open:
            raise not_open(self.server)
        seconds = self._timeout + more
        with trio.move_on_after(seconds):
            try:
                return await trio.to_thread.run_sync(self._use, work, limiter=self._limiter, abandon_on_cancel=True)
            except FAILURES as error:
                raise failure(error, self.server, self._timeout) from None
        raise late(self.server, seconds)

    def _use(self, work: Callable[[Client], Result]) -> Result:
        with self._lock:
            client = self._idle.pop() if self._idle else None
        if client is not None:
            try:
                return self._try(client, work)
            except TimeoutError:
                raise
            except FAILURES:
                # The server may have been started anew meanwhile.
                pass
        return self._try(self._new(), work)

    def _try(self, client: Client, work: Callable[[Client], Result]) -> Result:
        well = False
        try:
            result = work(client)
            well = True
            return result
        finally:
            with self._lock:
                keep = well and self._open
                if keep:
                    self._idle.append(client)
            if not keep:
                client.close()

    def _new(self) -> Client:
        return Client(
            self._address,
            connect_timeout=self._timeout,
            timeout=self._timeout,
            no_delay=True,
            default_noreply=False,
            tls_context=self._tls,
        )
