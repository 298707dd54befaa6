"""The store in a file: one SQLite database of the user's, which many processes may use at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import time
from typing import ClassVar, TypeVar

import trio

from ..database.file import connect, inode, is_damage, set_aside
from ..database.schema import ForeignFileError, NewerFileError
from ..errors import ClaifError, ConfigurationError, ProviderRuntimeError
from ..logs import logger
from . import rows_table
from .store import ALL, MOST_LISTED, CacheStore, Labels, RowInfo, Selection, StoreStats, Write
from .tables import CACHE

T = TypeVar("T")

FILE_NAME = "cache.db"
BATCH = 500
"""Rows that are written in one transaction at most."""
CACHED = 16_384
"""KiB of the file that a connection keeps in memory."""
MOST_USED = 1000
"""Keys of which it is remembered that they were used, until something is written."""


class SqliteStore(CacheStore):
    """Keeps rows in a file.

    Reading and writing have a connection and a thread of their own each: nobody who reads waits for who writes. Rows
    that are put at the same time share one transaction; `put` returns when that is on the disk.

    Args:
        path: the file.
        max_size: bytes that its rows may take.
        clock: tells the time, in seconds since the epoch.
    """

    name: ClassVar[str] = "sqlite"

    def __init__(self, path: Path, max_size: int, *, clock: Callable[[], float] = time) -> None:
        self.path = path
        self._max_size = max_size
        self._clock = clock
        self._readers, self._writers = trio.CapacityLimiter(1), trio.CapacityLimiter(1)
        self._files = (_File(path, reading=True), _File(path, reading=False), _File(path, reading=False))
        self._waiting: list[tuple[Write, _Done]] = []
        self._used: set[str] = set()
        self._turn = trio.Lock()

    async def get(self, key: str) -> bytes | None:
        """The row, read in a thread; one that was given up reads to its end and is forgotten."""
        row = await self._read(partial(self._get, key))
        self._note_used(key, row)
        return row

    async def get_all(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """The rows, by one visit to a thread."""

        def read() -> dict[str, bytes]:
            found = {key: self._get(key) for key in keys}
            return {key: row for key, row in found.items() if row is not None}

        rows = await self._read(read)
        for key, row in rows.items():
            self._note_used(key, row)
        return rows

    async def put(self, key: str, row: bytes, labels: Labels) -> None:
        """Keep a row, together with others that are put meanwhile; it is on the disk when this returns."""
        done = _Done()
        self._waiting.append((Write(key, row, labels), done))
        async with self._turn:
            while not done.ready:
                batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
                failure: ClaifError | None = None
                with trio.CancelScope(shield=True):  # the rows of others are in it
                    try:
                        await self.put_all([write for write, _ in batch])
                    except ClaifError as error:
                        failure = error
                for _, one in batch:
                    one.end(failure)
        if done.failure is not None:
            raise done.failure

    async def rows(self, selection: Selection = ALL, limit: int | None = MOST_LISTED) -> Sequence[RowInfo]:
        """The rows that are meant, the newest first."""
        return await self._read(lambda: rows_table.listed(self._reader(), selection, limit))

    async def clear(self, selection: Selection = ALL) -> int:
        """Forget rows."""
        return await self._write(lambda: rows_table.remove(self._writer(), selection))

    async def stats(self) -> StoreStats:
        """How full it is."""
        rows, size = await self._read(lambda: rows_table.totals(self._reader()))
        return StoreStats(rows, size, str(self.path))

    async def lock(self, key: str, token: str, seconds: float) -> bool:
        """Take or keep a lock."""
        now = self._clock()
        return await self._write(lambda: rows_table.lock(self._writer(), key, token, now, now + seconds))

    async def unlock(self, key: str, token: str) -> None:
        """Give a lock up."""
        await self._write(lambda: rows_table.unlock(self._writer(), [(key, token)]))

    async def look(self, key: str, token: str, seconds: float) -> tuple[bytes | None, bool]:
        """The row or the lock, by one visit to a thread."""
        now = self._clock()

        def look() -> tuple[bytes | None, bool]:
            return self.look_at_once(
                lambda: rows_table.read(self._reader(), key, now),
                lambda: rows_table.lock(self._locker(), key, token, now, now + seconds),
                lambda: rows_table.unlock(self._locker(), [(key, token)]),
            )

        row, held = await self._read(look)
        self._note_used(key, row)
        return row, held

    async def put_all(self, writes: Sequence[Write]) -> None:
        """Keep rows and give up their locks, in one transaction."""
        used, self._used = self._used, set()
        await self._write(partial(self._put, writes, used))

    def _note_used(self, key: str, row: bytes | None) -> None:
        if row is not None and len(self._used) < MOST_USED:
            self._used.add(key)

    async def verify(self, good: Callable[[str, bytes], bool]) -> tuple[int, int]:
        """Have SQLite check the whole file, then look at every row.

        Raises:
            ProviderRuntimeError: the file was damaged; it was set aside and begun anew.
        """
        await self._read(self._check)
        return await super().verify(good)

    async def aclose(self) -> None:
        """Note what was used, and close the file."""
        used, self._used = self._used, set()
        try:
            if used:
                await self._write(partial(self._put, [], used))
        finally:
            async with self._readers:  # noqa: ASYNC102 - the client bounds it; whoever was given up still reads
                self._close()

    def _get(self, key: str) -> bytes | None:
        return rows_table.read(self._reader(), key, self._clock())

    def _put(self, writes: Sequence[Write], used: set[str]) -> None:
        rows_table.write(self._writer(), writes, self._clock(), self._max_size, used=used)

    def _check(self) -> None:
        found = self._reader().execute("PRAGMA quick_check(1)").fetchone()
        if found != ("ok",):
            raise sqlite3.DatabaseError(f"the file is malformed: {found[0]}")

    def _reader(self) -> sqlite3.Connection:
        return self._files[0].connection()

    def _writer(self) -> sqlite3.Connection:
        return self._files[1].connection()

    def _locker(self) -> sqlite3.Connection:
        return self._files[2].connection()

    def _close(self) -> None:
        for file in self._files:
            file.close()

    async def _read(self, act: Callable[[], T]) -> T:
        work = partial(self._mapped, act, self._files[0])
        return await trio.to_thread.run_sync(work, limiter=self._readers, abandon_on_cancel=True)

    async def _write(self, act: Callable[[], T]) -> T:
        return await trio.to_thread.run_sync(partial(self._mapped, act, self._files[1]), limiter=self._writers)

    def _mapped(self, act: Callable[[], T], file: _File) -> T:
        """Do something with the file; a damaged one is set aside."""
        try:
            return act()
        except (sqlite3.Error, NewerFileError) as error:
            if not is_damage(error):
                raise ProviderRuntimeError(f"The cache {self.path} cannot be used now: {_why(error)}.") from None
            file.set_aside()
            raise ProviderRuntimeError(f"The cache {self.path} was damaged, and is begun anew: {error}.") from None
        except OSError as error:
            why = error.strerror or str(error)
            raise ConfigurationError(
                f"The cache {self.path} cannot be opened: {why}.", hint="Remove it, or set CLAIF_HOME."
            ) from None


def _why(error: Exception) -> str:
    return "a newer version of Claif wrote it" if isinstance(error, NewerFileError) else str(error)


class _File:
    """A connection to the file; it is opened when it is first needed, and again when the file is another one."""

    def __init__(self, path: Path, *, reading: bool) -> None:
        self._path, self._reading = path, reading
        self._connection: sqlite3.Connection | None = None
        self._opened: int | None = None

    def connection(self) -> sqlite3.Connection:
        if self._connection is not None and inode(self._path) == self._opened:
            return self._connection
        self.close()
        try:
            connection = connect(self._path, CACHE)
        except (sqlite3.Error, ForeignFileError) as error:
            if not is_damage(error):
                raise
            self._opened = inode(self._path)
            self.set_aside()
            connection = connect(self._path, CACHE)
        connection.execute(f"PRAGMA cache_size = -{CACHED}")
        if self._reading:
            connection.execute("PRAGMA query_only = ON")
        self._connection, self._opened = connection, inode(self._path)
        return connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def set_aside(self) -> None:
        self.close()
        if (kept := set_aside(self._path, self._opened)) is not None:
            logger.warning("the cache {} is damaged; it is kept as {} and begun anew", self._path, kept.name)


class _Done:
    """Whether a row was written, and what came in between."""

    __slots__ = ("failure", "ready")

    def __init__(self) -> None:
        self.ready = False
        self.failure: ClaifError | None = None

    def end(self, failure: ClaifError | None) -> None:
        self.ready, self.failure = True, failure
