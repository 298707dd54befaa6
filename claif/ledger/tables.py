"""The tables of the ledger."""

from __future__ import annotations

from ..database.schema import Schema

NAME = "ledger.db"
APPLICATION = 0x434C6146
"""`ClaF`, which SQLite keeps in the header of the file."""

TABLES = (
    """CREATE TABLE calls (
    id TEXT PRIMARY KEY NOT NULL, owner TEXT NOT NULL, state INTEGER NOT NULL, time REAL NOT NULL,
    provider TEXT, model TEXT, route TEXT, tag TEXT,
    input_tokens INTEGER, output_tokens INTEGER, cached_tokens INTEGER, reasoning_tokens INTEGER,
    cost REAL NOT NULL, cost_known INTEGER NOT NULL, reserved REAL NOT NULL,
    latency REAL, first REAL, attempts INTEGER NOT NULL, error TEXT, cached INTEGER NOT NULL
) WITHOUT ROWID""",
    "CREATE INDEX calls_pending ON calls (owner) WHERE state = 0",
    """CREATE TABLE spending (
    day TEXT NOT NULL, provider TEXT NOT NULL, route TEXT NOT NULL, tag TEXT NOT NULL, dollars REAL NOT NULL,
    PRIMARY KEY (day, provider, route, tag)
) WITHOUT ROWID""",
    """CREATE TABLE reservations (
    call TEXT NOT NULL, number INTEGER NOT NULL,
    day TEXT NOT NULL, provider TEXT NOT NULL, route TEXT NOT NULL, tag TEXT NOT NULL, dollars REAL NOT NULL,
    PRIMARY KEY (call, number)
) WITHOUT ROWID""",
    "CREATE TABLE told (key TEXT PRIMARY KEY NOT NULL, day TEXT NOT NULL) WITHOUT ROWID",
)
"""Calls; what was spent by day; what attempts that run may cost; and of which budgets the user was told."""

LEDGER = Schema(APPLICATION, 1, TABLES)
