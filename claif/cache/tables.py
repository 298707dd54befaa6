"""The tables of the SQLite store."""

from __future__ import annotations

from ..database.schema import Schema

APPLICATION = 0x436C4366
"""`ClCf`, which SQLite keeps in the header of the file."""

TABLES = (
    """CREATE TABLE rows (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, provider TEXT NOT NULL, model TEXT NOT NULL,
    tag TEXT NOT NULL, created REAL NOT NULL, expires REAL NOT NULL, used REAL NOT NULL, size INTEGER NOT NULL,
    row BLOB NOT NULL
)""",
    "CREATE INDEX rows_used ON rows (used)",
    "CREATE INDEX rows_expires ON rows (expires)",
    "CREATE TABLE totals (id INTEGER PRIMARY KEY CHECK (id = 1), rows INTEGER NOT NULL, size INTEGER NOT NULL)",
    "CREATE TABLE locks (key TEXT PRIMARY KEY, token TEXT NOT NULL, until REAL NOT NULL)",
)
"""Answers; how many there are and their bytes; and who asks for an answer now."""

PAGE = 8192
"""Bytes: of usual answers a page of 4 KiB has one, and is half empty."""

CACHE = Schema(APPLICATION, 1, TABLES, ("INSERT INTO totals VALUES (1, 0, 0)",), PAGE)
