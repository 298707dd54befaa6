"""The portal: a daemon thread in which one trio loop runs, and the door through which work gets in."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVarTuple, Unpack

import trio

from ..errors import ClientClosedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

    from .call import Call
    from .host import Host

Ts = TypeVarTuple("Ts")

STOP_TIMEOUT = 12.0
"""Seconds that the clients have to end when the portal is stopped; each bounds its queries and providers by less."""


class Portal:
    """A trio loop in a thread of its own; `process.current_portal()` gives the one of this process.

    Attributes:
        state: what is kept for the life of this portal.
        hosts: the clients that are open here; touched in the thread of the portal only.
    """

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}
        self.hosts: set[Host] = set()
        self.nursery: trio.Nursery
        self._token: trio.lowlevel.TrioToken
        self._calls: set[Call[Any]] = set()
        self._forked = False
        self._ended = False
        self._stopping: trio.Event
        self._started = threading.Event()
        # A daemon, because Python waits for all others before anybody could tell this one to end.
        self._thread = threading.Thread(target=self._run, name="claif-portal", daemon=True)

    @property
    def usable(self) -> bool:
        """Whether the thread is there and belongs to this process."""
        return not (self._ended or self._forked)

    @property
    def inside(self) -> bool:
        """Whether the caller is the thread of the portal."""
        return threading.get_ident() == self._thread.ident

    def start(self) -> None:
        """Start the thread and wait until its loop runs.

        Raises:
            ClientClosedError: no thread can be started, because Python is exiting or there are too many.
        """
        try:
            self._thread.start()
        except RuntimeError as error:
            raise ClientClosedError(f"Claif's own thread could not be started: {error}.") from error
        self._started.wait()

    def check(self) -> None:
        """See that work can be handed in and waited for from here.

        Raises:
            ClientClosedError: the thread is gone.
            RuntimeError: the caller is this very thread, which would wait for itself.
        """
        if self._forked:
            raise ClientClosedError(
                "This client belongs to the parent process, and its thread did not come along in the fork.",
                hint="Make a new client in the child process, or start processes with `spawn`.",
            )
        if self._ended:
            raise _gone()
        if self.inside:
            raise RuntimeError(
                "claif.blocking, claif.aio or claif.query was used in Claif's own thread, which cannot wait for "
                "itself; what runs there (a provider, a layer, a callback) awaits a claif.Client instead"
            )

    def post(self, function: Callable[[Unpack[Ts]], object], *args: *Ts) -> bool:
        """Have a function that never fails called in the portal's thread soon; from any thread, also in finalizers.

        Returns:
            Whether the loop was there to take it.
        """
        if not self.usable:
            return False
        try:
            self._token.run_sync_soon(function, *args)
        except trio.RunFinishedError:
            return False
        return True

    def submit(self, call: Call[Any], context: Context) -> None:
        """Begin a call in the portal's thread, with these context variables.

        Raises:
            ClientClosedError: the thread is gone.
            RuntimeError: the caller is this very thread.
        """
        self.check()
        self._calls.add(call)
        if not self.post(self._begin, call, context):
            self._calls.discard(call)
            self.check()
            # Its loop has ended, and the thread has not said so yet: nobody would ever end this call.
            raise _gone()

    def _begin(self, call: Call[Any], context: Context) -> None:
        if self._stopping.is_set():
            call.finish()
        else:
            context.run(self.nursery.start_soon, call.run)

    def ended(self, call: Call[Any]) -> None:
        """Forget a call that has ended."""
        self._calls.discard(call)

    def forked(self) -> None:
        """Note, in a child process, that the thread is not there."""
        self._forked = True

    def stop(self) -> None:
        """Close the clients and end the thread, which is abandoned if it takes too long; from another thread."""
        if self.post(self._stop):
            self._thread.join(STOP_TIMEOUT + 1)

    def _stop(self) -> None:
        self._stopping.set()

    def _run(self) -> None:
        try:
            trio.run(self._main, strict_exception_groups=True)
        finally:
            self._ended = True
            for call in list(self._calls):
                call.finish()
            self._started.set()

    async def _main(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        self._stopping = trio.Event()
        async with trio.open_nursery() as self.nursery:
            self._started.set()
            await self._stopping.wait()
            with trio.move_on_after(STOP_TIMEOUT):
                async with trio.open_nursery() as closing:
                    for host in list(self.hosts):
                        closing.start_soon(host.end)
            self.nursery.cancel_scope.cancel()


def _gone() -> ClientClosedError:
    return ClientClosedError("The client was closed with the thread it ran in.", hint="Make a new client.")
