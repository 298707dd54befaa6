"""What the SQLite store does in its file, one transaction each; everything here blocks, and belongs to one thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from .store import Labels, RowInfo, Selection, Write

ROW_COST = 300
"""Bytes that a row takes in the file beside its own, about."""
MOST_EVICTED = 1000
"""Rows that make room at once at most."""


_READ = "SELECT row, expires FROM rows WHERE key = ?"
_USE = "UPDATE rows SET used = ? WHERE key = ?"
_SIZE = "SELECT size FROM rows WHERE key = ?"
_FORGET = "DELETE FROM rows WHERE key = ?"
_COUNT = "UPDATE totals SET rows = ?, size = ?"
_EVICT = "DELETE FROM rows WHERE id = ?"
_COUNT_DOWN = "UPDATE totals SET rows = rows - ?, size = size - ?"
_UNLOCK = "DELETE FROM locks WHERE key = ? AND token = ?"
_EXPIRED = "SELECT id, size FROM rows WHERE expires <= ? ORDER BY expires, id LIMIT ?"
_UNUSED = "SELECT id, size FROM rows ORDER BY used, id LIMIT ?"
_TOTALS = "SELECT rows, size FROM totals"
_KEEP = (
    "INSERT INTO rows (key, provider, model, tag, created, expires, used, size, row) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_LOCK = (
    "INSERT INTO locks VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET token = excluded.token, "
    "until = excluded.until WHERE locks.until <= ? OR locks.token = excluded.token"
)


def read(connection: sqlite3.Connection, key: str, now: float) -> bytes | None:
    """The row of a key, unless its time has passed."""
    found = connection.execute(_READ, (key,)).fetchone()
    if found is None or not found[1] > now:
        return None
    row = found[0]
    return row if isinstance(row, bytes) else None


def write(
    connection: sqlite3.Connection,
    writes: Sequence[Write],
    now: float,
    max_size: int,
    *,
    used: Iterable[str] = (),
) -> None:
    """Keep rows, note which were used, give up locks, and make room.

    Args:
        connection: to the file.
        writes: what is kept.
        now: the present moment, in seconds since the epoch.
        max_size: bytes that all rows may take.
        used: keys of rows that were read since.
    """
    with transaction(connection):
        count, size = connection.execute(_TOTALS).fetchone()
        connection.executemany(_USE, [(now, key) for key in used])
        for one in writes:
            key, labels, cost = one.key, one.labels, len(one.row) + ROW_COST
            if cost > max_size:
                continue
            old = connection.execute(_SIZE, (key,)).fetchone()
            if old is not None:
                connection.execute(_FORGET, (key,))
                count, size = count - 1, size - old[0]
            connection.execute(
                _KEEP,
                (key, labels.provider, labels.model, labels.tag, labels.created, labels.expires, now, cost, one.row),
            )
            count, size = count + 1, size + cost
        if size > max_size:
            count, size = _make_room(connection, count, size, now, max_size)
        connection.execute(_COUNT, (count, size))
        unlock(connection, [one.lock for one in writes if one.lock is not None])


def _make_room(connection: sqlite3.Connection, count: int, size: int, now: float, max_size: int) -> tuple[int, int]:
    """Forget rows whose time has passed, then those that were not used for the longest time."""
    for query, values in (
        (_EXPIRED, (now, MOST_EVICTED)),
        (_UNUSED, (MOST_EVICTED,)),
    ):
        for identity, cost in connection.execute(query, values).fetchall():
            if size <= max_size:
                return count, size
            connection.execute(_EVICT, (identity,))
            count, size = count - 1, size - cost
    return count, size


def listed(connection: sqlite3.Connection, selection: Selection, limit: int | None) -> Sequence[RowInfo]:
    """The rows that are meant, the newest first."""
    where, values = _where(selection)
    found = connection.execute(
        "SELECT key, provider, model, tag, created, expires, size FROM rows "  # noqa: S608 - the condition is ours
        f"WHERE {where} ORDER BY id DESC LIMIT ?",
        (*values, -1 if limit is None else limit),
    )
    return [
        RowInfo(key, Labels(provider, model, tag, created, expires), size - ROW_COST)
        for key, provider, model, tag, created, expires, size in found
    ]


def remove(connection: sqlite3.Connection, selection: Selection) -> int:
    """Forget the rows that are meant; how many these were."""
    where, values = _where(selection)
    with transaction(connection):
        counting = f"SELECT count(*), coalesce(sum(size), 0) FROM rows WHERE {where}"  # noqa: S608 - likewise
        count, size = connection.execute(counting, values).fetchone()
        connection.execute(f"DELETE FROM rows WHERE {where}", values)  # noqa: S608 - likewise
        connection.execute(_COUNT_DOWN, (count, size))
    return int(count)


def totals(connection: sqlite3.Connection) -> tuple[int, int]:
    """How many rows there are, and their bytes."""
    count, size = connection.execute(_TOTALS).fetchone()
    return int(count), int(size)


def lock(connection: sqlite3.Connection, key: str, token: str, now: float, until: float) -> bool:
    """Take or keep a lock; whether it is held."""
    cursor = connection.execute(
        _LOCK,
        (key, token, until, now),
    )
    return cursor.rowcount == 1


def unlock(connection: sqlite3.Connection, locks: Iterable[tuple[str, str]]) -> None:
    """Give locks up, as far as they are still held: keys and tokens."""
    connection.executemany(_UNLOCK, locks)


def _where(selection: Selection) -> tuple[str, tuple[object, ...]]:
    parts: list[str] = []
    values: list[object] = []
    for name in ("provider", "model", "tag"):
        if (value := getattr(selection, name)) is not None:
            parts.append(f"{name} = ?")
            values.append(value)
    if selection.created_before is not None:
        parts.append("created < ?")
        values.append(selection.created_before)
    if selection.prefix:
        parts.append("substr(key, 1, ?) = ?")
        values += [len(selection.prefix), selection.prefix]
    return " AND ".join(parts) or "1", tuple(values)


class transaction:  # noqa: N801 - used as a statement
    """All or nothing: committed at the end of the block, undone if that raises."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, _error: object, _traceback: object) -> None:
        self._connection.execute("ROLLBACK" if kind else "COMMIT")
