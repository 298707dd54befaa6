"""What is done with the ledger's tables, each within a transaction of the caller's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from ..costs.budget import QUERY, day_of, left, nearly_spent, overrun, period_of
from .call import DONE, INTERRUPTED, PENDING, id_of

if TYPE_CHECKING:
    import sqlite3

    from ..costs.budget import Limit
    from .call import Call

COLUMNS = (
    *("id", "time", "provider", "model", "route", "tag"),
    *("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "cost", "cost_known", "reserved"),
    *("latency", "first", "attempts", "error", "cached", "owner", "state"),
)
Row = tuple[Any, ...]

_PUT = (
    f"INSERT INTO calls ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))}) "  # noqa: S608 - all are ours
    f"ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in COLUMNS[1:])}"
)
_SPEND = (
    "INSERT INTO spending (day, provider, route, tag, dollars) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (day, provider, route, tag) DO UPDATE SET dollars = dollars + excluded.dollars"
)
_LONGEST_MONTH = 62 * 86_400.0
"""Seconds for which what was spent is kept at least: the month that runs needs it."""


@frozen
class Charge:
    """What an attempt has come to cost, as far as budgets go."""

    number: int
    day: str
    provider: str
    dollars: float


@frozen
class Begin:
    """An attempt is about to be made.

    Args:
        row: the row of its call.
        number: of the attempt.
        provider: who is asked.
        now: seconds since the epoch.
        settled: what earlier attempts of the call have come to cost.
        limits: the limits that hold for it.
        cost: US dollars that it costs at worst; `None` if nobody knows.
        spent: US dollars that the call has cost, or may still cost, by its other attempts.
        state: of the call: `DONE` if others than who asked first still wait for the answer.
    """

    row: Row
    number: int
    provider: str
    now: float
    settled: tuple[Charge, ...] = ()
    limits: tuple[Limit, ...] = ()
    cost: float | None = 0.0
    spent: float = 0.0
    state: int = PENDING


@frozen
class Begun:
    """What became of it: `refused` is the limit that it could go beyond, with what is spent of that.

    Args:
        refused: the limit.
        spent: US dollars that are spent of it, or may still be by calls that run.
        left: US dollars that the attempt may cost by all limits.
    """

    refused: Limit | None = None
    spent: float = 0.0
    left: float = 0.0


@frozen
class End:
    """A call has ended.

    Args:
        row: its row.
        settled: what its attempts have come to cost, as far as that was not told before.
        limits: the limits that held for it.
        share: of a budget, from which on the user is told.
        now: seconds since the epoch.
    """

    row: Row
    settled: tuple[Charge, ...]
    limits: tuple[Limit, ...]
    share: float
    now: float


def row_of(call: Call) -> Row:
    """The row of a call as it is now, without its owner and its state."""
    usage = call.usage
    return (
        *(call.id, call.time, call.provider, call.model, call.route, call.tag),
        *(usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.reasoning_tokens),
        *(call.cost, call.cost_known, call.reserved),
        *(call.latency, call.first, call.attempts, call.error, call.cached),
    )


def begin(db: sqlite3.Connection, job: Begin, owner: str = "") -> Begun:
    """Let an attempt begin if its limits permit: its call is pending then, and what it may cost is held.

    Args:
        db: the ledger.
        job: the attempt.
        owner: who writes the row; empty if none is to be written.
    """
    call, route, tag = job.row[0], job.row[4] or "", job.row[5] or ""
    _settle(db, call, route, tag, job.settled)
    spent = [job.spent if limit.period == QUERY else spent_of(db, limit, job.now) for limit in job.limits]
    over = overrun(job.limits, spent, job.cost)
    if over is not None:
        return Begun(job.limits[over], spent[over])
    if owner:
        db.execute(_PUT, (*job.row, owner, job.state))
    if job.cost:
        place = (call, job.number, day_of(job.now), job.provider, route, tag, job.cost)
        db.execute("INSERT OR REPLACE INTO reservations VALUES (?, ?, ?, ?, ?, ?, ?)", place)
    return Begun(left=left(job.limits, spent))


def end(db: sqlite3.Connection, job: End, owner: str = "") -> tuple[tuple[Limit, float], ...]:
    """Complete the row of a call, and give back what was held for its attempts, as far as these have ended.

    Args:
        db: the ledger.
        job: the call.
        owner: who writes the row; empty if none is to be written.

    Returns:
        The budgets of which the user is to be told now, each with what is spent of it.
    """
    call, route, tag = job.row[0], job.row[4] or "", job.row[5] or ""
    _settle(db, call, route, tag, job.settled)
    if owner:
        db.execute(_PUT, (*job.row, owner, DONE))
    found = []
    for limit in job.limits:
        if limit.period == QUERY:
            continue
        spent = spent_of(db, limit, job.now)
        if nearly_spent(limit, spent, job.share):
            told = db.execute("INSERT OR IGNORE INTO told VALUES (?, ?)", (limit.key(job.now), day_of(job.now)))
            if told.rowcount == 1:
                found.append((limit, spent))
    return tuple(found)


def spent_of(db: sqlite3.Connection, limit: Limit, now: float) -> float:
    """US dollars that are spent of a limit of a day or a month, or may still be by calls that run."""
    begins = period_of(limit.period, now)
    where, values = "day >= ? AND day <= ?", [begins, f"{begins}~"]
    if limit.name:
        where += f" AND {limit.scope} = ?"
        values.append(limit.name)
    sums = [
        db.execute(f"SELECT total(dollars) FROM {table} WHERE {where}", values).fetchone()[0]  # noqa: S608 - all are ours
        for table in ("spending", "reservations")
    ]
    return float(sum(sums))


def prune(db: sqlite3.Connection, now: float, seconds: float) -> None:
    """Forget calls that are older than so many seconds, and what is no longer needed of what was spent."""
    db.execute("DELETE FROM calls WHERE id < ?", (id_of(now - seconds),))
    oldest = day_of(now - max(seconds, _LONGEST_MONTH))
    for table in ("spending", "reservations", "told"):
        db.execute(f"DELETE FROM {table} WHERE day < ?", (oldest,))  # noqa: S608 - all are ours


def interrupt(db: sqlite3.Connection, owners: Iterable[str]) -> None:
    """Mark the rows that owners have left pending who do not run any more."""
    for owner in owners:
        db.execute("UPDATE calls SET state = ? WHERE owner = ? AND state = ?", (INTERRUPTED, owner, PENDING))


def _settle(db: sqlite3.Connection, call: str, route: str, tag: str, charges: Sequence[Charge]) -> None:
    for charge in charges:
        db.execute("DELETE FROM reservations WHERE call = ? AND number = ?", (call, charge.number))
        if charge.dollars > 0:
            db.execute(_SPEND, (charge.day, charge.provider, route, tag, charge.dollars))
