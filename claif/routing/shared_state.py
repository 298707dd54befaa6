"""State that clients share, on one machine or on many: limits, budgets, and which endpoints are left alone."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

import trio
from attrs import frozen


@frozen
class Rate:
    """A limit of how much may come in a time, and how much of it one call takes; see `Gcra`.

    Args:
        key: names the limit.
        per_second: how much is let through in a second, in the long run.
        burst: how much at once, if nothing was for a while.
        cost: how much this call takes, as far as can be told.
    """

    key: str
    per_second: float
    burst: float
    cost: float


@frozen
class Place:
    """A limit of how many calls may be under way at once, of which this is one.

    Args:
        key: names the limit.
        most: how many there may be.
        holder: names this call.
        lease: seconds after which its place is free in any case, so that a process that was killed keeps none.
    """

    key: str
    most: int
    holder: str
    lease: float


@frozen
class Spending:
    """A budget, and how much of it one call may take at worst.

    Args:
        key: names the budget and its time: `budget:day:2026-11-27`.
        limit: US dollars that may be spent in all.
        cost: US dollars that this call may cost at worst.
        lasts: seconds after which the budget is forgotten.
    """

    key: str
    limit: float
    cost: float
    lasts: float


@frozen
class Claim:
    """What one call takes of what is shared: everything or nothing.

    Args:
        endpoint: names the endpoint that is asked.
        rates: limits in time.
        place: limit of calls at once.
        budgets: what may be spent.
    """

    endpoint: str
    rates: tuple[Rate, ...] = ()
    place: Place | None = None
    budgets: tuple[Spending, ...] = ()


@frozen
class Verdict:
    """What became of a claim; it was let in if neither `wait` nor `refused` says otherwise.

    Args:
        wait: seconds after which to try again; infinity if another call must end first.
        refused: the key of the budget that would be overrun.
        closed_for: seconds for which others leave the endpoint alone; 0 if they do not. It says nothing about `wait`.
        grants: for `settle`: one number for each rate, as `Grant.number`.
    """

    wait: float = 0.0
    refused: str | None = None
    closed_for: float = 0.0
    grants: tuple[int, ...] = ()


@frozen
class Settlement:
    """What a call took in the end.

    Args:
        claim: what it had claimed.
        verdict: what it was given for that.
        used: for each rate how much it was, or `None` if nobody knows: then the claim stands.
        spent: US dollars that it cost, or `None` if nobody knows: then the worst case stands.
    """

    claim: Claim
    verdict: Verdict
    used: tuple[float | None, ...] = ()
    spent: float | None = None


class SharedHold:
    """What one call may cost of budgets that are shared, until it is known what it did.

    Args:
        budgets: the budgets, and what it may cost at worst.
        refusal: what to raise where it could go beyond one of them, by that one's key.

    Attributes:
        settle: to be told how many US dollars it cost, or `None` if nobody knows; `None` while nothing is held.
    """

    __slots__ = ("budgets", "refusal", "settle")

    def __init__(self, budgets: tuple[Spending, ...], refusal: Callable[[str], Exception]) -> None:
        self.budgets, self.refusal = budgets, refusal
        self.settle: Callable[[float | None], None] | None = None


class SharedState(ABC):
    """Shares state between clients; the server's clock is the only one that counts.

    What goes wrong is raised as a `ConnectionError` of Claif's; the client then goes on by itself for a while.

    The client starts `run` before it calls anything else, calls `aclose` when it is closed, and then cancels `run`.
    """

    name: ClassVar[str]
    """What `[shared] store` calls it."""

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Be open until cancelled; here settlements are sent. `task_status.started()` is called at once."""
        task_status.started()
        await trio.sleep_forever()

    async def aclose(self) -> None:
        """Send the settlements that are left. The client bounds the time."""
        await trio.lowlevel.checkpoint()

    @abstractmethod
    async def take(self, claim: Claim) -> Verdict:
        """Let a call in if all of its limits and budgets permit, in one round trip that is atomic."""

    @abstractmethod
    def settle(self, settlement: Settlement) -> None:
        """A call has ended; it is told to the others soon, together with others."""

    @abstractmethod
    def close_endpoint(self, endpoint: str, seconds: float) -> None:
        """Tell the others soon to leave an endpoint alone for so long, unless they know of longer; 0 ends it."""
