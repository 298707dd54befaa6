"""Deadlines: one task per client watches all running queries, so that a query pays nothing while it is on time.

A `Deadline` belongs to one query (total time), a `Watch` to one attempt (connecting, first event, idle). Whoever makes
progress only writes a number; the watchdog sleeps until the earliest moment at which a deadline can pass, looks again,
and cancels the scope of a watch that is late. Moving a cancel scope's deadline per event would cost ten times as much.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf

import trio

from ..errors import TimeoutError

current_watch: ContextVar[Watch | None] = ContextVar("claif_watch", default=None)
"""The attempt that the running task works for; the transport feeds it."""


class Watch:
    """The limits of one attempt, in seconds; `inf` is no limit.

    Phases: connecting, until `connected()`; waiting for the first event, until `begin()`; then idle, which `touch()`
    starts anew and `pause()` stops until `resume()`.
    """

    __slots__ = ("clock", "connect", "first", "idle", "limit", "phase", "reason", "scope", "shortest", "since")

    def __init__(self, *, connect: float = inf, first: float = inf, idle: float = inf) -> None:
        self.scope = trio.CancelScope()
        self.connect, self.first, self.idle = connect, first, idle
        self.shortest = min(connect, first, idle)
        self.clock = trio.current_time
        self.since = self.clock()
        self.phase = "connect"
        self.limit = min(connect, first)
        self.reason: str | None = None

    def connected(self) -> None:
        """The connection stands: wait for the first event from now on."""
        if self.phase == "connect":
            self.phase, self.limit, self.since = "first event", self.first, self.clock()

    def begin(self) -> None:
        """The first event has come: from now on only silence is limited."""
        self.phase, self.limit, self.since = "idle", self.idle, self.clock()

    def await_answer(self) -> None:
        """What has come was about the answer, which itself is still to begin: an agent has said that it is there."""
        if self.first < inf:
            self.phase, self.limit, self.since = "first event", self.first, self.clock()

    def touch(self) -> None:
        """Bytes came: the peer lives. What comes while the watch is paused does not resume it."""
        if self.phase == "idle" and self.since != inf:
            self.since = self.clock()

    def pause(self) -> None:
        """The consumer is at work: its time is not the peer's silence."""
        self.since = inf

    def resume(self) -> None:
        """The consumer is done."""
        self.since = self.clock()

    @property
    def due(self) -> float:
        """The time at which this watch is late, unless something happens before."""
        return self.since + self.limit

    def look(self, now: float) -> float:
        """When to look at it again; it may be resumed or come into a shorter phase meanwhile, waking nobody."""
        return min(self.due, now + self.shortest)

    def error(self) -> TimeoutError:
        """What the late phase means to the user."""
        if self.phase == "idle":
            return TimeoutError(f"The provider sent nothing for {self.limit:g} s in the middle of its answer.")
        if self.phase == "connect":
            return TimeoutError(f"No connection to the provider within {self.limit:g} s.")
        return TimeoutError(f"The provider did not begin to answer within {self.limit:g} s.")


class Deadline:
    """The wall time that a whole query may take, in seconds; it never stops."""

    __slots__ = ("due", "phase", "reason", "scope", "seconds")

    def __init__(self, seconds: float) -> None:
        self.scope = trio.CancelScope()
        self.seconds = seconds
        self.due = trio.current_time() + seconds
        self.phase = "total"
        self.reason: str | None = None

    def shorten(self, seconds: float) -> bool:
        """Let it pass so many seconds from now, unless it passes earlier; whether its watchdog must be told."""
        due = trio.current_time() + seconds
        if due >= self.due:
            return False
        self.due, self.seconds = due, seconds
        return True

    def look(self, _now: float) -> float:
        """When to look at it again."""
        return self.due

    def error(self) -> TimeoutError:
        """What it means to the user."""
        return TimeoutError(f"The answer was not complete within {self.seconds:g} s.")


class Watchdog:
    """Watches any number of watches and deadlines with one task, `run`."""

    def __init__(self) -> None:
        self._watches: set[Watch | Deadline] = set()
        self._wake_at = inf
        self._sleep = trio.CancelScope()

    def add(self, watch: Watch | Deadline) -> None:
        """Watch it from now on."""
        self._watches.add(watch)
        if watch.look(trio.current_time()) < self._wake_at:
            self._sleep.cancel()

    def shorten(self, deadline: Deadline, seconds: float) -> None:
        """Let a deadline that is watched pass so many seconds from now, unless it passes earlier."""
        if deadline.shorten(seconds):
            self.add(deadline)

    def remove(self, watch: Watch | Deadline) -> None:
        """Forget it."""
        self._watches.discard(watch)

    async def run(self) -> None:
        """Cancel what is late, for ever."""
        while True:
            now = trio.current_time()
            for watch in [watch for watch in self._watches if watch.due <= now]:
                watch.reason = watch.phase
                self._watches.discard(watch)
                watch.scope.cancel()
            self._wake_at = min([watch.look(now) for watch in self._watches], default=inf)
            self._sleep = trio.CancelScope(deadline=self._wake_at)
            with self._sleep:
                await trio.sleep_forever()


@contextmanager
def unwatched() -> Iterator[None]:
    """Suspend the limits of the current attempt while its provider prepares: downloads, or starts a process.

    Whoever uses it bounds what is inside, and emits nothing there.
    """
    watch = current_watch.get()
    if watch is None:
        yield
        return
    token = current_watch.set(None)
    watch.pause()
    try:
        yield
    finally:
        watch.resume()
        current_watch.reset(token)
