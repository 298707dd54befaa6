"""What is known about one running query; layers find it through `current_run`."""

from __future__ import annotations

import os
from contextvars import ContextVar
from math import inf
from typing import TYPE_CHECKING

import trio

from ..config.schema import ProviderSettings
from ..logs import logger

if TYPE_CHECKING:
    from ..ledger.call import Call
    from ..models import Attempt, CacheHit, Message, Query
    from ..provider import Provider
    from ..routing.shared_state import SharedHold
    from .watchdog import Deadline

NO_LIMITS = ProviderSettings()
"""The limits of a provider that has none of its own."""

current_run: ContextVar[Run] = ContextVar("claif_run")
"""The query that the running task works for."""


class Run:
    """One running query; `id` tells it from others in the log, in its reply and in its error.

    `partial` is the part of the answer that had arrived when the query failed: `assemble` sets it, each layer further
    out that changes messages changes it too, and the client attaches it to the error. `limit` is the deadline of the
    query, which layers may move forward. `several` tells whether somebody else can be asked, `member` is the provider
    that is asked, `route` the route by which it is, and `call` what the ledger writes down of it.
    """

    __slots__ = (
        *("attempts", "began", "cached", "call", "closed", "hold", "id", "limit", "limits", "member", "model"),
        *("partial", "provider", "query", "route", "scope", "several"),
    )

    def __init__(self, query: Query) -> None:
        self.id = os.urandom(4).hex()
        self.query = query
        self.scope = trio.CancelScope()
        self.began = trio.current_time()
        self.provider: str | None = None
        self.model: str | None = None
        self.member: Provider | None = None
        self.route: str | None = None
        self.limits: ProviderSettings = NO_LIMITS
        self.attempts: list[Attempt] = []
        self.cached: CacheHit | None = None
        self.limit: Deadline | None = None
        self.call: Call | None = None
        self.hold: SharedHold | None = None
        self.partial: Message | None = None
        self.several = False
        self.closed = False

    @property
    def deadline(self) -> float:
        """The time at which the query is given up."""
        return inf if self.limit is None else self.limit.due

    def branch(self) -> Run:
        """What is known of the query, for a task that finds out more by itself; attempts are those that it makes."""
        own = Run.__new__(Run)
        for name in Run.__slots__:
            setattr(own, name, getattr(self, name))
        own.attempts = []
        return own

    def close(self) -> None:
        """Cancel it because the client is closed."""
        self.closed = True
        self.scope.cancel()


def _current_id() -> str | None:
    run = current_run.get(None)
    return None if run is None else run.id


logger.correlate(_current_id)
