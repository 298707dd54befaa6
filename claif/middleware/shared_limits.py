"""Limits that are shared with other clients, on this machine and on others; where they cannot be asked, one's own."""

from __future__ import annotations

from itertools import count
from math import inf
from random import Random
from secrets import token_hex
from typing import TYPE_CHECKING

import trio
from attrs import evolve

from ..errors import ConnectionError
from ..models import Notice
from ..pipeline.run import current_run
from ..routing.limiter import BURST
from ..routing.shared_state import Claim, Place, Rate, Settlement
from .limits import TOLD, Turnstile, too_long

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config.keep_going import LimitSettings
    from ..pipeline.types import Emit
    from ..routing.limiter import Entry
    from ..routing.shared_state import Spending, Verdict
    from ..routing.sharing import Sharing

LOOK = (0.05, 1.0)
"""Seconds between two looks whether others have left, or used less than they thought: at first, and at most."""
TOLD_BY = 0.03
"""Seconds after which the others have been told of a query that has ended."""
SPREAD = 0.05
"""Share of a wait by which it is longer at most, so that not all come at the same moment."""
LEASE = 3600.0
"""Seconds for which a call may take a place at most, where it has no deadline."""
MARGIN = 5.0
"""Seconds for which it keeps the place beyond its deadline at most."""


class SharedEntry:
    """A call that was let in by all."""

    __slots__ = ("claim", "left", "verdict")

    def __init__(self, claim: Claim, verdict: Verdict) -> None:
        self.claim, self.verdict = claim, verdict
        self.left = False


class SharedTurnstile:
    """Lets queries in to one endpoint as all who share it permit: one round trip each, unless they have to wait.

    Args:
        name: the provider's name, which is the same for all who share.
        settings: its limits.
        sharing: asks the others.
        closed: is told of an endpoint that others leave alone, and for how many seconds.
    """

    def __init__(
        self, name: str, settings: LimitSettings, sharing: Sharing, closed: Callable[[str, float], None]
    ) -> None:
        self.name = name
        self._settings, self._sharing, self._closed = settings, sharing, closed
        self._own = Turnstile(name, settings)
        self._turn = trio.Lock()
        self._holder, self._numbers = token_hex(8), count()
        self._rng = Random()  # noqa: S311 - jitter needs no secrecy
        self._told_of_outage = False
        self._moved = trio.Event()
        self._busy = 0

    async def enter(self, tokens: int, until: float, emit: Emit) -> Entry | SharedEntry:
        """Wait until a query may be asked; as `Turnstile.enter`.

        Raises:
            RateLimitError: the wait would be too long.
            ConnectionError: others have found that the endpoint fails, and somebody else can be asked.
            BudgetExceededError: it could go beyond a budget that is shared.
        """
        began = trio.current_time()
        give_up = min(began + self._settings.max_wait, until)
        hold = current_run.get().hold
        claim = self._claim(tokens, until - began, () if hold is None else hold.budgets)
        with trio.move_on_at(give_up) as limit:
            async with self._turn:  # first come, first served, among those of this client
                entry = await self._let_in(claim, give_up, emit)
            if entry is not None:
                self._busy += 1
                return entry
        if limit.cancelled_caught:
            raise too_long(self.name, give_up - began)
        await self._tell_of_outage(emit)
        return await self._own.enter(tokens, until, emit)

    def leave(self, entry: Entry | SharedEntry, used: int | None) -> None:
        """A query has ended, which used so many tokens; `None` if nobody told."""
        if not isinstance(entry, SharedEntry):
            self._own.leave(entry, used)
        elif not entry.left:
            entry.left = True
            self._busy -= 1
            self._moved.set()
            amounts = [used if rate.key.endswith("tokens") else None for rate in entry.claim.rates]
            self._sharing.settle(Settlement(entry.claim, entry.verdict, tuple(amounts)))

    async def _let_in(self, claim: Claim, give_up: float, emit: Emit) -> SharedEntry | None:
        """Wait for the others; `None` if they cannot be asked."""
        look, told, hold = LOOK[0], False, current_run.get().hold
        while (verdict := await self._sharing.take(claim)) is not None:
            self._told_of_outage = False
            if verdict.closed_for:
                self._closed(self.name, verdict.closed_for)
            if verdict.refused is not None and hold is not None:
                raise hold.refusal(verdict.refused)
            if not verdict.wait:
                if verdict.closed_for and current_run.get().several:
                    self._sharing.settle(Settlement(claim, verdict, (0.0,) * len(claim.rates), spent=0.0))
                    raise ConnectionError(f"Others have found that {self.name} fails.", provider=self.name)
                if hold is not None:
                    self._sharing.held(self.name, hold, verdict)
                return SharedEntry(evolve(claim, budgets=()), verdict)
            if verdict.wait >= TOLD and not told:
                told = True
                await emit(self._notice(verdict.wait))
            if verdict.wait < inf and trio.current_time() + verdict.wait > give_up and not self._busy:
                raise too_long(self.name, self._settings.max_wait)
            await self._pause(min(verdict.wait, look))
            look = min(2 * look, LOOK[1])
        return None

    async def _pause(self, seconds: float) -> None:
        """Wait, but not longer than until a query of this client has ended and the others have been told."""
        moved = self._moved = trio.Event()
        with trio.move_on_after(seconds * (1 + self._rng.uniform(0, SPREAD))):
            await moved.wait()
            await trio.sleep(TOLD_BY)

    def _claim(self, tokens: int, seconds: float, budgets: tuple[Spending, ...]) -> Claim:
        settings, name = self._settings, self.name
        rates = [
            Rate(f"limits:{name}:{what}", limit / 60, max(1.0, limit * BURST), cost)
            for what, limit, cost in (
                ("requests", settings.requests_per_minute, 1.0),
                ("tokens", settings.tokens_per_minute, float(tokens)),
            )
            if limit is not None
        ]
        place = None
        if settings.concurrency is not None:
            holder = f"{self._holder}.{next(self._numbers)}"
            place = Place(f"limits:{name}:places", settings.concurrency, holder, min(seconds, LEASE) + MARGIN)
        return Claim(name, tuple(rates), place, budgets)

    def _notice(self, seconds: float) -> Notice:
        when = f"in {seconds:.1f} s at the earliest" if seconds < inf else "when another answer has ended"
        text = f"{self.name} is asked {when}, to keep to the limits that are shared."
        return Notice("limit", text, {"provider": self.name})

    async def _tell_of_outage(self, emit: Emit) -> None:
        if not self._told_of_outage:
            self._told_of_outage = True
            text = "The shared limits cannot be reached; this client keeps to its own meanwhile."
            await emit(Notice("limit", text, {"provider": self.name}))
