"""What is known of usage, as data for `claif usage`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import asdict

from ..costs.budget import every_limit
from ..ledger.report import Spent, open_report
from ..ledger.tables import NAME
from .log import read_config
from .usage_time import time_of

if TYPE_CHECKING:
    from pathlib import Path

    from ..ledger.report import Sum
    from .session import Session


def summary(
    state: Session, by: str, since: str, until: str | None, clock: Callable[[], float] = time.time
) -> dict[str, Any]:
    """What the calls of a time took: `rows` by what they have in common, `total`, and the `budgets`.

    Args:
        state: the switches of the command line.
        by: what they have in common.
        since: from when on, see `time_of`.
        until: up to when; now when `None`.
        clock: tells the time.

    Raises:
        ClaifError: a time is none, or the ledger or the configuration cannot be read.
    """
    now = clock()
    begins, ends = _times(since, until, now)
    config = read_config(state)
    limits = every_limit(config.costs.budget)
    with open_report(config.home) as report:
        rows = [] if report is None else report.sums(by, begins, ends)
        totals = [] if report is None else report.sums(None, begins, ends)
        spent = [Spent(limit, 0.0) for limit in limits] if report is None else report.spent(limits, now)
    found = [_row(row) for row in rows]
    total = _row(totals[0]) if totals else {"name": None, "calls": 0}
    return {"by": by, "since": begins, "until": ends, "rows": found, "total": total, "budgets": _budgets(spent)}


def last_calls(
    state: Session, most: int, since: str, until: str | None, clock: Callable[[], float] = time.time
) -> list[dict[str, Any]]:
    """The last calls, the latest first; arguments as for `summary`, and how many at most.

    Raises:
        ClaifError: a time is none, or the ledger or the configuration cannot be read.
    """
    begins, ends = _times(since, until, clock())
    with open_report(read_config(state).home) as report:
        return [] if report is None else report.calls(most, begins, ends)


def ledger_path(state: Session) -> Path:
    """Where the ledger is, or would be."""
    return read_config(state).home / NAME


def _times(since: str, until: str | None, now: float) -> tuple[float, float]:
    # A call that has begun in this very millisecond counts too.
    return time_of(since, now), now + 1 if until is None else time_of(until, now, end=True)


def _row(row: Sum) -> dict[str, Any]:
    return asdict(row)


def _budgets(spent: list[Spent]) -> list[dict[str, Any]]:
    return [
        {
            "scope": one.limit.scope,
            "name": one.limit.name or None,
            "period": one.limit.period,
            "setting": one.limit.setting,
            "spent": one.dollars,
            "limit": one.limit.dollars,
        }
        for one in spent
        if one.limit.period != "query"
    ]
