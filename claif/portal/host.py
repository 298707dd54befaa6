"""The host: gives one `claif.Client` its life in the portal, for faces that live elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import trio

from ..errors import ClientClosedError
from .process import current_portal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ..client import Client
    from ..models import Query, Reply
    from ..pipeline.types import Emit
    from .thread import Portal

T = TypeVar("T")


class Host:
    """Opens a client at its first use, keeps it open in a task of its own, and closes it.

    Args:
        make: makes the client; called again if opening it failed, so that a mended configuration is read.

    All coroutines run in the portal's thread; so whatever is noted here is noted by one thread only.
    """

    def __init__(self, make: Callable[[], Client]) -> None:
        self._make: Callable[[], Client] | None = make
        self._portal: Portal | None = None
        self._client: Client | None = None
        self._opening: _Opening | None = None
        self._scopes: set[trio.CancelScope] = set()
        self._closed = False
        self._failure: BaseException | None = None

    def portal(self) -> Portal:
        """Where the client lives: the portal of the process that used it first.

        Raises:
            ClientClosedError: that one is gone.
            RuntimeError: the caller is the portal's thread.
        """
        if self._portal is None:
            self._portal = current_portal()
        self._portal.check()
        return self._portal

    @property
    def closable(self) -> bool:
        """Whether there is something to close, in this process."""
        return self._portal is not None and self._portal.usable

    def abandon(self) -> None:
        """Close it without waiting; from any thread."""
        if self._portal is None:
            self._closed = True
        else:
            self._portal.post(self._begin_close)

    async def open(self) -> Client:
        """The client, which is opened if it is not open.

        Raises:
            ClaifError: it cannot be opened; the next try reads the configuration again.
            ClientClosedError: it was closed.
        """
        if self._client is None and not self._closed and self._portal is not None:
            if self._opening is None:
                self._opening = _Opening()
                self._portal.hosts.add(self)
                self._portal.nursery.start_soon(self._live, self._opening)
            opening = self._opening
            await opening.over.wait()
            if opening.error is not None:
                raise opening.error
        if self._client is None or self._closed:  # one that is being closed is still there, but takes nothing new
            raise ClientClosedError("The client is closed.", hint="Make a new one.")
        return self._client

    async def close(self) -> None:
        """Close the client and wait until it is closed; its own end is bounded. Closing twice is fine.

        Raises:
            BaseException: what its background tasks failed with, once.
        """
        await self.end()
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    async def end(self) -> None:
        """Close the client, whatever it fails with."""
        self._begin_close()
        if self._opening is not None:
            await self._opening.ended.wait()

    async def query(self, query: Query) -> Reply:
        """As `Client.query`."""
        return await (await self.open()).query(query)

    async def run(self, query: Query, emit: Emit) -> Reply:
        """As `Client.run`."""
        return await (await self.open()).run(query, emit)

    async def request(self, question: Callable[[Client], Awaitable[T]]) -> T:
        """What the client answers in its time; closing it ends that."""
        client = await self.open()
        found: tuple[T, ...] = ()
        with trio.CancelScope() as scope:
            self._scopes.add(scope)
            try:
                found = (await question(client),)
            finally:
                self._scopes.discard(scope)
        if not found:
            raise ClientClosedError("The client was closed while it was asked.")
        return found[0]

    async def ask(self, question: Callable[[Client], T]) -> T:
        """What the client answers at once."""
        return question(await self.open())

    def _begin_close(self) -> None:
        self._closed = True
        for scope in self._scopes:
            scope.cancel()
        if self._opening is not None:
            self._opening.leave.set()
            if not self._opening.over.is_set():
                self._opening.scope.cancel()

    async def _live(self, opening: _Opening) -> None:
        make = self._make
        try:
            with opening.scope:
                async with make() as client:  # type: ignore[misc] # it is forgotten only below, when it was opened
                    self._client = client
                    self._make = None
                    opening.over.set()
                    await opening.leave.wait()
        except trio.Cancelled:  # the portal is stopped
            raise
        except BaseException as error:
            if self._client is None:
                opening.error, self._opening = error, None
            else:
                self._failure = error
        finally:
            if self._client is not None:
                self._client = None
                self._closed = True
            opening.over.set()
            opening.ended.set()
            if self._portal is not None:
                self._portal.hosts.discard(self)


class _Opening:
    """One try to open the client: over when it is open or failed, ended when it is closed again."""

    def __init__(self) -> None:
        self.scope = trio.CancelScope()
        self.over, self.leave, self.ended = trio.Event(), trio.Event(), trio.Event()
        self.error: BaseException | None = None
