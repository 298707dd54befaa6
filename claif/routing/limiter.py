"""The limits of one endpoint, and the queue of those who wait for them; pure."""

from __future__ import annotations

from collections import OrderedDict
from math import inf
from typing import TYPE_CHECKING

from .gcra import MOMENT, Gcra, Grant

if TYPE_CHECKING:
    from ..config.keep_going import LimitSettings

BURST = 0.05
"""Share of a minute's limit that may come at once; one request may in any case."""
_MINUTE = 60


class Entry:
    """A call that was let in, until it leaves."""

    __slots__ = ("left", "reserved")

    def __init__(self, reserved: Grant | None) -> None:
        self.reserved = reserved
        self.left = False


class Limiter:
    """Lets calls in as requests per minute, tokens per minute and concurrency permit, all three or not at all.

    A call reserves the tokens that it is estimated to use, and the difference is settled when it leaves. One that
    needs more tokens than may come at once is let in as soon as nothing is owed, and those after it wait the longer.
    """

    def __init__(self, settings: LimitSettings) -> None:
        self._requests = _per_minute(settings.requests_per_minute)
        self._tokens = _per_minute(settings.tokens_per_minute)
        self._concurrency = inf if settings.concurrency is None else settings.concurrency
        self.busy = 0
        """Calls that are in."""

    def wait(self, now: float, tokens: float) -> float:
        """The seconds until a call could be let in if no other was before.

        Args:
            now: the present moment, in seconds.
            tokens: how many it will use, as far as one can tell.

        Returns:
            0 if it could be now; infinity if another one must leave first.
        """
        if self.busy >= self._concurrency:
            return inf
        left = 0.0 if self._requests is None else self._requests.wait(now, 1)
        if self._tokens is not None and (longer := self._tokens.wait(now, tokens)) > left:
            left = longer
        return left if left > MOMENT else 0.0

    def enter(self, now: float, tokens: float) -> Entry | None:
        """Let a call in; `None` if it must wait. Afterwards `leave` must be called."""
        if self.wait(now, tokens):
            return None
        self.busy += 1
        if self._requests is not None:
            self._requests.add(now, 1)
        return Entry(None if self._tokens is None else self._tokens.add(now, tokens))

    def leave(self, entry: Entry, now: float, used_tokens: float | None) -> None:
        """Let a call out; does nothing the second time.

        Args:
            entry: what `enter` gave for it.
            now: the present moment, in seconds.
            used_tokens: how many it used; `None` if nobody knows: then the estimate stands.
        """
        if entry.left:
            return
        entry.left = True
        self.busy -= 1
        if self._tokens is not None and entry.reserved is not None and used_tokens is not None:
            self._tokens.settle(now, used_tokens - entry.reserved.cost, entry.reserved)


def _per_minute(limit: int | None) -> Gcra | None:
    return None if limit is None else Gcra(limit / _MINUTE, max(1.0, limit * BURST))


class Ticket:
    """A place in the queue."""

    __slots__ = ("tokens",)

    def __init__(self, tokens: float) -> None:
        self.tokens = tokens


class Queue:
    """Who waits for a limiter: first come, first served, so that no large call starves behind small ones.

    Whoever is ready enters the limiter and leaves the queue, in this order and without a pause. Then the next may be.
    A call may pass by the queue only while nobody is in it.
    """

    def __init__(self, limiter: Limiter) -> None:
        self._limiter = limiter
        self._tickets: OrderedDict[Ticket, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._tickets)

    def __contains__(self, ticket: Ticket) -> bool:
        return ticket in self._tickets

    def join(self, tokens: float) -> Ticket:
        """Take the last place, for a call of so many tokens."""
        ticket = Ticket(tokens)
        self._tickets[ticket] = None
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """Give a place up, wherever it is; does nothing the second time."""
        self._tickets.pop(ticket, None)

    def next_ready(self, now: float) -> Ticket | None:
        """The first in the queue if it may enter now; `None` if it may not, or nobody waits."""
        first = self.first
        return None if first is None or self._limiter.wait(now, first.tokens) else first

    def wait(self, now: float) -> float:
        """The seconds until the first in the queue may enter; infinity if nobody waits, or one must leave first."""
        first = self.first
        return inf if first is None else self._limiter.wait(now, first.tokens)

    @property
    def first(self) -> Ticket | None:
        """Whose turn is next."""
        return next(iter(self._tickets), None)
