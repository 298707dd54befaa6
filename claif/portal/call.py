"""A call: one coroutine that runs in the portal for a caller elsewhere."""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING, Generic, TypeVar

import trio

from ..errors import ClientClosedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .thread import Portal

T = TypeVar("T")

CANCEL_TIMEOUT = 10.0
"""Seconds that a caller who was interrupted waits for the end of its cancelled call."""


class Call(Generic[T]):
    """What runs, whether it is done, and what came of it.

    Args:
        portal: where it runs.
        function: what to await there.
        wake: called in the portal's thread once it is done; never fails.

    Attributes:
        done: whether it has ended, in whatever way.
    """

    __slots__ = ("_error", "_function", "_portal", "_scope", "_values", "_wake", "done")

    def __init__(self, portal: Portal, function: Callable[[], Awaitable[T]], wake: Callable[[], object]) -> None:
        self._portal = portal
        self._function: Callable[[], Awaitable[T]] | None = function
        self._wake = wake
        self._scope: trio.CancelScope | None = None
        self._values: tuple[T, ...] = ()
        self._error: BaseException | None = None
        self.done = False

    @property
    def value(self) -> T | None:
        """What it returned; `None` as long as it has not."""
        return self._values[0] if self._values else None

    def start(self) -> None:
        """Begin, with the context variables of the caller.

        Raises:
            ClientClosedError: the portal is gone.
            RuntimeError: the caller is the portal's thread.
        """
        self._portal.submit(self, copy_context())

    def check(self) -> None:
        """See that waiting has an end here; raises as `start` does."""
        if not self.done:
            self._portal.check()

    @property
    def inside(self) -> bool:
        """Whether the caller is the portal's thread."""
        return self._portal.inside

    def cancel(self) -> None:
        """Cancel it at once, from any thread; one that never began is done, and so is one whose thread is gone."""
        if not self.done and not self._portal.post(self._cancel):
            self.done = True

    def result(self) -> T:
        """What it returned.

        Raises:
            BaseException: what it raised, once.
            ClientClosedError: it was cancelled because the client or the portal was closed.
        """
        if self._values:
            return self._values[0]
        error, self._error = self._error, None
        try:
            raise error or ClientClosedError("The client was closed while it was asked.")
        finally:
            del error  # its traceback holds this frame

    async def run(self) -> None:
        """Run; in the portal's thread."""
        function, self._function = self._function, None
        if function is None:  # it was cancelled before
            return
        try:
            with trio.CancelScope() as self._scope:
                self._values = (await function(),)
        except trio.Cancelled:  # the portal is stopped
            raise
        except BaseException as error:
            self._error = error
        finally:
            self.finish()

    def finish(self) -> None:
        """Say that it is done; in the portal's thread."""
        self._portal.ended(self)
        self._function = None
        self.done = True
        self._wake()

    def _cancel(self) -> None:
        if self._scope is not None:
            self._scope.cancel()
        elif not self.done and self._function is not None:
            # Its task has not begun; or it never will, because the caller was interrupted while it handed it in.
            self.finish()
