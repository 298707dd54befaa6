"""Calls for tests of the ledger, and what its file has."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from claif.costs.budget import day_of
from claif.ledger.call import Call, Hold, begin_call
from claif.ledger.ledger import Ledger


def a_call(provider: str = "p", *, tag: str | None = None, now: float | None = None) -> Call:
    call = begin_call(os.urandom(4).hex(), tag, time.time() if now is None else now)
    call.provider, call.model = provider, "m"
    return call


def a_hold(number: int = 1, provider: str = "p", *, now: float | None = None) -> Hold:
    return Hold(number, provider, day_of(time.time() if now is None else now))


async def whole(ledger: Ledger, call: Call | None = None, cost: float = 0.01) -> Call:
    """A call from its beginning to its end."""
    call = call or a_call()
    hold = a_hold()
    await ledger.begin(call, hold, (), None)
    hold.cost, hold.ended = cost, True
    call.latency, call.attempts = 0.5, 1
    await ledger.end(call, ())
    return call


def rows(home: Path, what: str = "id, state, provider, cost, cost_known, error") -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(home / "ledger.db")) as db:
        return db.execute(f"SELECT {what} FROM calls ORDER BY id").fetchall()


def one(home: Path, query: str) -> Any:
    with closing(sqlite3.connect(home / "ledger.db")) as db:
        return db.execute(query).fetchone()[0]
