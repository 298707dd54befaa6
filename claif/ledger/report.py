"""Reading the ledger: sums by day, provider, model, route or tag, the last calls, and how much of budgets is spent."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from attrs import frozen

from ..costs.budget import QUERY, Limit
from ..database.file import connect, is_damage
from ..database.schema import ForeignFileError, NewerFileError
from ..errors import ConfigurationError
from .call import INTERRUPTED, PENDING, id_of
from .owner import is_running
from .tables import LEDGER, NAME
from .work import COLUMNS, interrupt, spent_of

GROUPS = ("day", "provider", "model", "route", "tag")
_KEYS = {"day": "date(time, 'unixepoch')", **{name: name for name in GROUPS[1:]}}
_STATES = ("running", "done", "interrupted")
_SUMS = """
    count(*), total(error IS NOT NULL OR state = 2), total(cached), total(input_tokens), total(output_tokens),
    total(cached_tokens), total(cost), total(NOT cost_known)
"""


@frozen
class Sum:
    """What some calls took together.

    Args:
        name: what they have in common; `None` if that is nothing.
        calls: how many they are.
        errors: how many of them failed or were cut off.
        cached: how many were answered with an answer that was given before.
        input_tokens: tokens that were asked.
        output_tokens: tokens that were answered.
        cached_tokens: those of the input that the provider had in its cache.
        cost: US dollars, as far as they are known.
        unknown: of how many calls the cost, or a part of it, is not known.
    """

    name: str | None
    calls: int
    errors: int
    cached: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost: float
    unknown: int


@frozen
class Spent:
    """How much of a limit is spent, or held for calls that run or were cut off; in US dollars."""

    limit: Limit
    dollars: float


class Report:
    """Reads a ledger.

    Args:
        db: its file.
        home: Claif's own folder.
    """

    def __init__(self, db: sqlite3.Connection, home: Path) -> None:
        self._db, self._home = db, home

    def sums(self, by: str | None, since: float, until: float) -> list[Sum]:
        """What the calls of a time took, by what they have in common; days in their order, others the dearest first.

        Args:
            by: one of `GROUPS`; `None` gives one sum of all.
            since: the time from which on calls are counted, in seconds since the epoch.
            until: the time up to which they are.
        """
        key = _KEYS[by] if by is not None else "NULL"
        group = "GROUP BY 1" if by is not None else ""
        order = "1" if by == "day" else "8 DESC, 2 DESC, 1"
        rows = self._db.execute(
            f"SELECT {key}, {_SUMS} FROM calls WHERE id >= ? AND id < ? {group} ORDER BY {order}",  # noqa: S608 - ours
            (id_of(since), id_of(until)),
        )
        return [_sum(row) for row in rows]

    def calls(self, most: int, since: float, until: float) -> list[dict[str, Any]]:
        """The last calls of a time, the latest first, by their columns; `state` is `running`, `done` or `interrupted`.

        Args:
            most: how many at most.
            since: the time from which on calls are listed, in seconds since the epoch.
            until: the time up to which they are.
        """
        rows = self._db.execute(
            f"SELECT {', '.join(COLUMNS)} FROM calls WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT ?",  # noqa: S608 - ours
            (id_of(since), id_of(until), most),
        )
        found = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
        running: dict[str, bool] = {}
        for call in found:
            owner = call.pop("owner")
            if call["state"] == PENDING and owner not in running:
                running[owner] = is_running(self._home, owner)
            if call["state"] == PENDING and not running[owner]:
                call["state"] = INTERRUPTED
            call["state"] = _STATES[call["state"]]
            call["cached"], call["cost_known"] = bool(call["cached"]), bool(call["cost_known"])
        return found

    def spent(self, limits: Sequence[Limit], now: float) -> list[Spent]:
        """How much of each budget of a day or a month is spent.

        Args:
            limits: the limits; those of single queries are left out.
            now: seconds since the epoch.
        """
        return [Spent(limit, spent_of(self._db, limit, now)) for limit in limits if limit.period != QUERY]


def _sum(row: tuple[Any, ...]) -> Sum:
    name, calls, errors, cached, asked, answered, read, cost, unknown = row
    return Sum(name, calls, int(errors), int(cached), int(asked), int(answered), int(read), cost, int(unknown))


@contextmanager
def open_report(home: Path) -> Iterator[Report | None]:
    """Open the ledger to read it; `None` if nothing was ever written down.

    Args:
        home: Claif's own folder.

    Raises:
        ConfigurationError: it cannot be read.
    """
    path = home / NAME
    if not path.exists():
        yield None
        return
    try:
        db = connect(path, LEDGER)
    except (sqlite3.Error, OSError, ForeignFileError, NewerFileError) as error:
        raise _unreadable(path, error) from None
    with closing(db):
        mark_interrupted(db, home)
        try:
            yield Report(db, home)
        except sqlite3.Error as error:
            raise _unreadable(path, error) from None


def mark_interrupted(db: sqlite3.Connection, home: Path) -> None:
    """Mark the rows as cut off that were left pending by who does not run any more, if the file can be written."""
    owners = [owner for (owner,) in db.execute("SELECT DISTINCT owner FROM calls WHERE state = 0")]
    dead = [owner for owner in owners if not is_running(home, owner)]
    with suppress(sqlite3.Error):
        interrupt(db, dead)


def _unreadable(path: Path, error: BaseException) -> ConfigurationError:
    if isinstance(error, NewerFileError):
        return ConfigurationError(f"The ledger {path} was written by a newer version of Claif.", hint="Upgrade Claif.")
    if is_damage(error):
        hint = "The next query sets it aside and begins a new one."
        return ConfigurationError(f"The ledger {path} is damaged.", hint=hint)
    return ConfigurationError(f"The ledger {path} cannot be read: {error}.", hint="Look at its permissions.")
