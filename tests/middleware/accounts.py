"""Clients that know what things cost, and what their ledger says of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from claif import Client
from claif.api import Usage, UsageReport
from claif.plugin.manager import PluginManager
from claif.testing import FakeProvider

PRICES = {"fake/m": {"input": 1.0, "output": 100.0, "cached": 0.5}}
USED = UsageReport(Usage(1000, 100))
COST = (1000 + 100 * 100) / 1e6


def client(*answers: Any, others: dict[str, Any] | None = None, ledger: bool = True, **config: Any) -> Client:
    tables = {"prices": PRICES, "providers": {"fake": {"model": "m"}}, **config}
    if ledger:
        tables["ledger"] = {"enabled": True}
    fakes = {"fake": FakeProvider.scripted(*answers), **(others or {})}
    made = Client(tables, plugins=PluginManager(), providers=fakes)
    made.fakes = fakes
    return made


def calls(home: Path) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(home / "ledger.db")) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute("SELECT * FROM calls ORDER BY id")]


def sums(home: Path) -> tuple[float, float]:
    """What is spent, and what is held."""
    with closing(sqlite3.connect(home / "ledger.db")) as db:
        tables = ("spending", "reservations")
        return tuple(db.execute(f"SELECT total(dollars) FROM {table}").fetchone()[0] for table in tables)


def only(home: Path, **expected: Any) -> None:
    """There is one call, in which this is so."""
    (call,) = calls(home)
    assert {name: call[name] for name in expected} == expected
