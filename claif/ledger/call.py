"""One call as it is written down: no text of it, and no secret."""

from __future__ import annotations

import os

from attrs import define, field

from ..models import Usage

PENDING, DONE, INTERRUPTED = 0, 1, 2
"""The states of a row: the call runs, has ended, or was cut off together with the process that made it."""


def new_id(now: float, query_id: str) -> str:
    """The id of a call: it sorts by time, has the query's id in it, and is like no other.

    Args:
        now: seconds since the epoch.
        query_id: 8 hexadecimal digits, those of `Reply.query_id`.
    """
    return f"{id_of(now)}{query_id}{os.urandom(6).hex()}"


def id_of(now: float) -> str:
    """What the ids of the calls of a moment begin with: milliseconds since the epoch, as 12 hexadecimal digits."""
    return f"{max(0, int(now * 1000)):012x}"


@define(eq=False)
class Hold:
    """What an attempt may cost, until it is known what it did.

    Args:
        number: of the attempt, in its call.
        provider: who is asked.
        day: the day on which it is counted.
        reserved: US dollars that are held for it.
        cost: US dollars that it cost; `None` while that is not known, or if nobody says it.
        ended: whether it has.
    """

    number: int
    provider: str
    day: str
    reserved: float = 0.0
    cost: float | None = None
    ended: bool = False
    settled: bool = False
    """Whether its charge has been handed to the ledger."""

    @property
    def charge(self) -> float:
        """US dollars that count against budgets: the cost, or else what was held."""
        return self.reserved if self.cost is None else self.cost


@define(eq=False)
class Call:
    """One call, which changes as it goes on.

    Args:
        id: see `new_id`.
        time: when it began, in seconds since the epoch.
        tag: what the query was marked with.
        route: by which route it is asked.
        provider: who is asked, or has answered.
        model: which model.
        usage: tokens, and US dollars as far as they were told.
        latency: seconds that it took.
        first: seconds until the first content came.
        attempts: how often somebody was asked.
        error: the class of the error that it ended with.
        cached: whether the answer was given before.
        holds: what its attempts cost.
        tried: how many attempts were begun or refused.
        ended: whether it has.
    """

    id: str
    time: float
    tag: str | None = None
    route: str | None = None
    provider: str | None = None
    model: str | None = None
    usage: Usage = field(factory=Usage)
    latency: float | None = None
    first: float | None = None
    attempts: int = 0
    error: str | None = None
    cached: bool = False
    holds: list[Hold] = field(factory=list)
    tried: int = 0
    ended: bool = False
    written: bool = False
    """Whether its row has been written."""

    @property
    def spent(self) -> float:
        """US dollars that its attempts cost, or may still cost."""
        return sum([hold.charge for hold in self.holds])

    @property
    def reserved(self) -> float:
        """US dollars that were ever held for it."""
        return sum([hold.reserved for hold in self.holds])

    @property
    def cost(self) -> float:
        """US dollars that its attempts cost, as far as is known."""
        return sum([hold.cost or 0.0 for hold in self.holds])

    @property
    def cost_known(self) -> bool:
        """Whether that is all."""
        return all(hold.cost is not None for hold in self.holds)


def begin_call(query_id: str, tag: str | None, now: float) -> Call:
    """A call that begins now.

    Args:
        query_id: 8 hexadecimal digits, those of `Reply.query_id`.
        tag: what the query is marked with.
        now: seconds since the epoch.
    """
    return Call(new_id(now, query_id), now, tag)
