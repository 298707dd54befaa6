"""Budgets in the ledger beside a simple model of them: whatever calls begin, end and are cut off, none is overrun."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from claif.costs.budget import Limit, day_of, period_of
from claif.database.file import in_memory
from claif.ledger.call import Call, Hold, begin_call
from claif.ledger.tables import LEDGER
from claif.ledger.work import Begin, Charge, End, begin, end, prune, row_of, spent_of

CENTS = st.integers(0, 300).map(lambda cents: cents / 100)
PROVIDERS, ROUTES, TAGS = ("a", "b"), (None, "r"), (None, "t", "u")
LIMITS = (
    Limit("all", "", "day", 4.0),
    Limit("all", "", "month", 9.0),
    Limit("provider", "a", "day", 3.0),
    Limit("provider", "b", "month", 5.0),
    Limit("route", "r", "day", 2.0),
    Limit("tag", "t", "month", 2.5),
    Limit("all", "", "query", 2.0),
)
NOON = 1_795_780_800.0


def concerns(limit: Limit, provider: str, route: str | None, tag: str | None) -> bool:
    return limit.scope == "all" or limit.name == {"provider": provider, "route": route, "tag": tag}[limit.scope]


class Model(RuleBasedStateMachine):
    """Attempts begin within budgets, cost something else than was held for them, or are cut off for ever."""

    running = Bundle("running")

    def __init__(self) -> None:
        super().__init__()
        self.db = in_memory(LEDGER)
        self.now = NOON
        self.spent: list[tuple[str, str, str | None, str | None, float]] = []
        self.told: set[str] = set()
        self.number = 0

    def teardown(self) -> None:
        self.db.close()

    def sum(self, limit: Limit) -> float:
        period = period_of(limit.period, self.now)
        return sum(entry[4] for entry in self.spent if entry[0].startswith(period) and concerns(limit, *entry[1:4]))

    @rule(
        target=running,
        provider=st.sampled_from(PROVIDERS),
        route=st.sampled_from(ROUTES),
        tag=st.sampled_from(TAGS),
        cost=st.none() | CENTS,
    )
    def attempt(self, provider: str, route: str | None, tag: str | None, cost: float | None) -> Any:
        self.number += 1
        call = begin_call(f"{self.number:08x}", tag, self.now)
        call.provider, call.route = provider, route
        limits = tuple([one for one in LIMITS if concerns(one, provider, route, tag)])
        begun = begin(self.db, Begin(row_of(call), 1, provider, self.now, (), limits, cost, 0.0), "owner")
        over = [
            limit
            for limit in limits
            for used in [0.0 if limit.period == "query" else self.sum(limit)]
            if (used >= limit.dollars - 1e-9 if cost is None else cost > 0 and used + cost > limit.dollars + 1e-9)
        ]
        assert begun.refused == (over[0] if over else None)
        if over:
            return None
        entry = [day_of(self.now), provider, route, tag, cost or 0.0]
        self.spent.append(entry)
        hold = Hold(1, provider, day_of(self.now), reserved=cost or 0.0)
        call.holds.append(hold)
        return call, entry, limits

    @rule(attempt=consumes(running), share=st.floats(0, 1))
    def answer(self, attempt: Any, share: float) -> None:
        """It costs at most what was held for it."""
        if attempt is not None:
            self.finish(*attempt, round(attempt[1][4] * share, 4))

    @rule(attempt=consumes(running))
    def fail(self, attempt: Any) -> None:
        """Nobody knows what it cost: what was held stays."""
        if attempt is not None:
            self.finish(*attempt, None)

    @rule(attempt=consumes(running))
    def cut_off(self, attempt: Any) -> None:
        """Its process is killed: what was held stays, and its row is pending."""

    def finish(self, call: Call, entry: list[Any], limits: tuple[Limit, ...], cost: float | None) -> None:
        hold = call.holds[0]
        hold.cost, hold.ended = cost, True
        entry[4] = hold.charge
        charges = (Charge(1, hold.day, hold.provider, hold.charge),)
        told = end(self.db, End(row_of(call), charges, limits, 0.8, self.now), "owner")
        expected = {
            limit.key(self.now)
            for limit in limits
            if limit.period != "query" and self.sum(limit) >= 0.8 * limit.dollars - 1e-9
        }
        assert {limit.key(self.now) for limit, _ in told} == expected - self.told
        self.told |= expected

    @rule(hours=st.integers(1, 400))
    def wait(self, hours: int) -> None:
        self.now += hours * 3600.0

    @rule()
    def forget(self) -> None:
        """What is old is forgotten, and changes no budget that still runs."""
        prune(self.db, self.now, 86_400)

    @invariant()
    def budgets_hold_and_sums_are_right(self) -> None:
        for limit in LIMITS:
            if limit.period != "query":
                spent = spent_of(self.db, limit, self.now)
                assert abs(spent - self.sum(limit)) < 1e-6
                assert spent <= limit.dollars + 1e-6


Model.TestCase.settings = settings(max_examples=190, stateful_step_count=60, deadline=None)
TestBudgets = Model.TestCase
