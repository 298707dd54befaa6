"""The ledger of a client: what its calls took, cost and may still cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio

from . import work
from .call import DONE, PENDING
from .owner import Owner, dead_owners
from .tables import NAME
from .work import Begin, Begun, Charge, End, row_of
from .writer import Writer

if TYPE_CHECKING:
    import sqlite3

    from ..costs.budget import Limit
    from .call import Call, Hold

WAIT = 30.0
"""Seconds that a query waits for the ledger at most."""
CLOSE_TIMEOUT = 2.0
KEEP = 400 * 86_400.0
"""Seconds for which calls are kept, unless `[ledger] keep` says otherwise."""


class Ledger:
    """Writes calls down.

    Args:
        home: Claif's own folder, in which `ledger.db` is; `None` keeps the ledger in memory, for this client's budgets.
        keep: seconds for which calls are kept.
        share: of a budget, from which on the user is told.
        clock: tells the time, in seconds since the epoch.
    """

    def __init__(
        self, home: Path | None, *, keep: float, share: float = 1.0, clock: Callable[[], float] = time.time
    ) -> None:
        self._home, self._keep, self._share, self.clock = home, keep, share, clock
        self._owner: Owner | None = None
        self._complaints: list[str] = []
        path = None if home is None else home / NAME
        self._writer = Writer(path, self._complaints.append, self._tidy, self._leave)

    def complaints(self) -> list[str]:
        """What is wrong with the ledger, each told once."""
        found = list(self._complaints)
        del self._complaints[: len(found)]
        return found

    async def begin(self, call: Call, hold: Hold, limits: Sequence[Limit], cost: float | None) -> Begun:
        """Let an attempt begin, if the limits permit; then its call is pending, durably.

        Args:
            call: the call.
            hold: the attempt; it is added to the call's.
            limits: the limits that hold for it.
            cost: US dollars that it costs at worst, which are held for it; `None` if nobody knows.
        """
        hold.reserved = cost or 0.0
        spent, settled = call.spent, _settled(call)
        call.holds.append(hold)
        if not (limits or (self._writer.durable and not call.written)):
            return Begun(left=inf)
        state = DONE if call.ended else PENDING
        job = Begin(row_of(call), hold.number, hold.provider, self.clock(), settled, tuple(limits), cost, spent, state)
        begun: Begun = await self._do(lambda db: work.begin(db, job, self._enter())) or Begun(left=inf)
        if begun.refused is None:
            call.written = True
        else:
            call.holds.remove(hold)
        return begun

    async def end(self, call: Call, limits: Sequence[Limit]) -> tuple[tuple[Limit, float], ...]:
        """Complete a call, durably.

        Args:
            call: the call. It is completed again if an attempt goes on for others, who wait for the same answer.
            limits: the limits that held for it.

        Returns:
            The budgets of which the user is to be told, each with what is spent of it.
        """
        call.ended = True
        if not (limits or self._writer.durable):
            return ()
        job = End(row_of(call), _settled(call), tuple(limits), self._share, self.clock())
        told: tuple[tuple[Limit, float], ...] | None = await self._do(lambda db: work.end(db, job, self._enter()))
        return told or ()

    async def aclose(self) -> None:
        """End when all is written, or after `CLOSE_TIMEOUT` seconds."""
        with trio.move_on_after(CLOSE_TIMEOUT):
            await self._writer.aclose()

    async def _do(self, what: Callable[[sqlite3.Connection], Any]) -> Any:
        """Have work done; `None` if that takes too long."""
        with trio.move_on_after(WAIT):
            return await self._writer.do(what)
        self._complaints.append(f"The ledger in {self._home} did not answer within {WAIT:g} s.")
        return None

    def _enter(self) -> str:
        """The owner of the rows, in the thread; empty if none are written.

        Raises:
            OSError: it cannot be told that it runs.
        """
        if self._home is None or not self._writer.durable:
            return ""
        if self._owner is None:
            owner = Owner(self._home)
            owner.enter()
            self._owner = owner
        return self._owner.id

    def _tidy(self, db: sqlite3.Connection) -> None:
        """Forget what is old, and mark what those left pending who do not run any more; in the thread."""
        work.prune(db, self.clock(), self._keep)
        if self._home is not None and self._writer.durable:
            for owner, file in dead_owners(self._home):
                work.interrupt(db, [owner])
                if file is not None:
                    file.unlink(missing_ok=True)

    def _leave(self) -> None:
        if self._owner is not None:
            self._owner.leave()


def _settled(call: Call) -> tuple[Charge, ...]:
    """What attempts of a call have come to cost that were not told before."""
    found = [hold for hold in call.holds if hold.ended and not hold.settled]
    for hold in found:
        hold.settled = True
    return tuple([Charge(hold.number, hold.day, hold.provider, hold.charge) for hold in found])
