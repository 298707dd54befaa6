"""Budgets: which limits hold for a call, and whether it keeps to them; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import inf
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from ..config.cost_schema import BudgetLimits, BudgetSettings
    from ..routing.shared_state import Spending

QUERY, DAY, MONTH = "query", "day", "month"
PERIODS = (QUERY, DAY, MONTH)
TOLERANCE = 1e-9
"""US dollars by which sums of floating-point numbers may be off."""
_KEPT = 86_400.0
"""Seconds for which a shared budget is remembered beyond its time, for calls that end late."""


@frozen
class Limit:
    """What may be spent.

    Args:
        scope: `all`, `route`, `provider` or `tag`.
        name: that of the route, the provider or the tag; empty for all.
        period: `query`, `day` or `month`.
        dollars: US dollars.
    """

    scope: str
    name: str
    period: str
    dollars: float

    def __str__(self) -> str:
        """What people call it: `the budget of a day`, `the budget of a month for the provider openai`."""
        whose = f" for the {self.scope} {self.name}" if self.name else ""
        return f"the budget of a {self.period}{whose}"

    @property
    def setting(self) -> str:
        """The dotted name of the setting that says so."""
        from ..config.dotted import join

        return join(("budget", f"{self.scope}s", self.name, self.period) if self.name else ("budget", self.period))

    def key(self, now: float) -> str:
        """Names the limit and the time for which it holds: `budget:all::day:2026-11-27`."""
        return f"budget:{self.scope}:{self.name}:{self.period}:{period_of(self.period, now)}"


def limits_of(settings: BudgetSettings, *, provider: str, route: str | None, tag: str | None) -> tuple[Limit, ...]:
    """The limits that hold for a call, as the user has set them.

    Args:
        settings: the table `[budget]`.
        provider: who is asked.
        route: by which route, if by one.
        tag: what the query was marked with.
    """
    found = _limits("all", "", settings)
    for scope, name, tables in (
        ("route", route, settings.routes),
        ("provider", provider, settings.providers),
        ("tag", tag, settings.tags),
    ):
        if name is not None and name in tables:
            found += _limits(scope, name, tables[name])
    return tuple(found)


def every_limit(settings: BudgetSettings) -> tuple[Limit, ...]:
    """All limits that the user has set."""
    found = _limits("all", "", settings)
    for scope, tables in (("route", settings.routes), ("provider", settings.providers), ("tag", settings.tags)):
        for name, limits in sorted(tables.items()):
            found += _limits(scope, name, limits)
    return tuple(found)


def _limits(scope: str, name: str, limits: BudgetLimits) -> list[Limit]:
    found = ((period, getattr(limits, period)) for period in PERIODS)
    return [Limit(scope, name, period, dollars) for period, dollars in found if dollars is not None]


def overrun(limits: Sequence[Limit], spent: Sequence[float], cost: float | None) -> int | None:
    """The number of the first limit that a call could go beyond; `None` if it keeps to all.

    What costs nothing is always let through. What costs nobody knows how much is let through until all is spent.

    Args:
        limits: those that hold for the call.
        spent: US dollars that were spent of each, or may still be by calls that run.
        cost: US dollars that the call costs at worst; `None` if that is not known.
    """
    for number, (limit, dollars) in enumerate(zip(limits, spent, strict=True)):
        if cost is None:
            if dollars >= limit.dollars - TOLERANCE:
                return number
        elif cost > 0 and dollars + cost > limit.dollars + TOLERANCE:
            return number
    return None


def left(limits: Sequence[Limit], spent: Sequence[float]) -> float:
    """US dollars that a call may cost at most; infinity if nothing limits it."""
    return max(0.0, min([inf, *[limit.dollars - dollars for limit, dollars in zip(limits, spent, strict=True)]]))


def nearly_spent(limit: Limit, spent: float, share: float) -> bool:
    """Whether the user is to be told how much of a budget is spent; that of one query is only refused."""
    return limit.period != QUERY and spent >= share * limit.dollars - TOLERANCE


def day_of(now: float) -> str:
    """The day of a time in seconds since the epoch: `2026-11-27`, by UTC."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d")


def period_of(period: str, now: float) -> str:
    """What days of a period begin with; empty for a query."""
    return {DAY: day_of(now), MONTH: day_of(now)[:7]}.get(period, "")


def period_end(period: str, now: float) -> float:
    """When the day or the month ends, in seconds since the epoch."""
    begins = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    ends = begins + timedelta(days=1) if period == DAY else (begins.replace(day=1) + timedelta(days=32)).replace(day=1)
    return ends.timestamp()


def to_claim(limits: Sequence[Limit], cost: float, now: float) -> tuple[Spending, ...]:
    """The limits of days and months as a claim on budgets that clients share; see `SharedState`.

    Args:
        limits: those that hold for the call; the one of a query is not shared.
        cost: US dollars that the call costs at worst.
        now: seconds since the epoch.
    """
    from ..routing.shared_state import Spending

    return tuple(
        [
            Spending(limit.key(now), limit.dollars, cost, period_end(limit.period, now) - now + _KEPT)
            for limit in limits
            if limit.period != QUERY
        ]
    )
