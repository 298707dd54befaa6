"""Shared state in memory: several clients of one test share it as if they were on several machines."""

from __future__ import annotations

from math import inf
from typing import ClassVar

import trio

from claif.api import Claim, ConnectionError, Settlement, SharedState, Verdict, hookimpl
from claif.routing.gcra import Gcra, Grant


class MemoryState(SharedState):
    """Keeps limits by `Gcra`, places, budgets and closed endpoints.

    Attributes:
        takes: how often it was asked.
        down: whether it cannot be reached.
    """

    name: ClassVar[str] = "mine"

    def __init__(self) -> None:
        self.takes = 0
        self.down = False
        self.slow = 0.0
        self.settled: list[Settlement] = []
        self.spent: dict[str, float] = {}
        self.closed: dict[str, float] = {}
        self._rates: dict[str, Gcra] = {}
        self._places: dict[str, dict[str, float]] = {}
        self._grants: dict[tuple[str, int], Grant] = {}

    async def take(self, claim: Claim) -> Verdict:
        self.takes += 1
        await trio.sleep(self.slow)
        if self.down:
            raise ConnectionError("the server is down")
        now = trio.current_time()
        closed_for = max(0.0, self.closed.get(claim.endpoint, 0.0) - now)
        rates = [self._rates.setdefault(rate.key, Gcra(rate.per_second, rate.burst)) for rate in claim.rates]
        wait = max([gcra.wait(now, rate.cost) for gcra, rate in zip(rates, claim.rates, strict=True)], default=0.0)
        if claim.place is not None:
            holders = self._places.setdefault(claim.place.key, {})
            for holder in [holder for holder, until in holders.items() if until <= now]:
                del holders[holder]
            if len(holders) >= claim.place.most:
                wait = inf
        if wait:
            return Verdict(wait, closed_for=closed_for)
        if (refused := self._hold(claim)) is not None:
            return Verdict(refused=refused, closed_for=closed_for)
        if claim.place is not None:
            self._places[claim.place.key][claim.place.holder] = now + claim.place.lease
        numbers = []
        for gcra, rate in zip(rates, claim.rates, strict=True):
            grant = gcra.take(now, rate.cost)
            assert grant is not None
            self._grants[rate.key, grant.number] = grant
            numbers.append(grant.number)
        return Verdict(closed_for=closed_for, grants=tuple(numbers))

    def _hold(self, claim: Claim) -> str | None:
        """Hold the budgets of a claim; the key of the one that would be overrun."""
        for budget in claim.budgets:
            if self.spent.get(budget.key, 0.0) + budget.cost > budget.limit + 1e-9:
                return budget.key
        for budget in claim.budgets:
            self.spent[budget.key] = self.spent.get(budget.key, 0.0) + budget.cost
        return None

    def settle(self, settlement: Settlement) -> None:
        self.settled.append(settlement)
        claim, now = settlement.claim, trio.current_time()
        if claim.place is not None:
            self._places.get(claim.place.key, {}).pop(claim.place.holder, None)
        for budget in claim.budgets:
            if settlement.spent is not None:
                self.spent[budget.key] += settlement.spent - budget.cost
        for rate, number, used in zip(claim.rates, settlement.verdict.grants, settlement.used, strict=False):
            if used is not None:
                self._rates[rate.key].settle(now, used - rate.cost, self._grants[rate.key, number])

    def close_endpoint(self, endpoint: str, seconds: float) -> None:
        if seconds:
            self.closed[endpoint] = max(self.closed.get(endpoint, 0.0), trio.current_time() + seconds)
        else:
            self.closed.pop(endpoint, None)


class Brings:
    """A plugin with one state for all clients of a test."""

    def __init__(self, state: SharedState) -> None:
        self.state = state

    @hookimpl
    def claif_shared_state(self) -> SharedState:
        return self.state
