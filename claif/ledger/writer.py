"""The writer: one thread that does what many queries want of the ledger, many of them in one transaction.

1. A query hands in its work and waits; what has come in while one transaction was on its way makes up the next.
2. A query goes on when the transaction with its work is in the file: then it survives the end of the process.
3. A damaged file is set aside, and the work is done in a new one.
4. If the file cannot be written (a full disk, somebody else's folder), the ledger goes on in memory: no query fails for
   that, budgets still hold for what this client does, and the user is told once.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import trio
from attrs import define, field

from ..database.file import connect, in_memory, inode, is_damage, set_aside
from ..database.schema import ForeignFileError, NewerFileError
from .tables import LEDGER

Work = Callable[[sqlite3.Connection], Any]
"""What is to be done within a transaction."""

MOST = 500
"""Pieces of work in one transaction."""
_TRIES = 4
_FAILURES = (sqlite3.Error, OSError, ForeignFileError, NewerFileError)


@define(eq=False)
class Job:
    """A piece of work, and what came of it once `done` is set."""

    work: Work
    done: trio.Event = field(factory=trio.Event)
    result: Any = None


class Writer:
    """Does work on the ledger, in the order in which it comes.

    Args:
        path: the file; `None` keeps everything in memory, where nothing takes long enough for a thread.
        complain: told once, in the thread, why the file is not written, or was set aside.
        opened: work to be done once, after the first transaction.
        closing: called in the thread when all work is done.
    """

    def __init__(
        self,
        path: Path | None,
        complain: Callable[[str], None],
        opened: Work | None = None,
        closing: Callable[[], None] = lambda: None,
    ) -> None:
        self._path = path
        self._in_memory = path is None  # not what becomes of the path: once there is a thread, it does all work
        self._complain = complain
        self._opened = opened
        self._closing = closing
        self._db: sqlite3.Connection | None = None
        self._inode: int | None = None
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._token: trio.lowlevel.TrioToken | None = None
        self._ended = trio.Event()

    @property
    def durable(self) -> bool:
        """Whether work is done in a file."""
        return self._path is not None

    async def do(self, work: Work) -> Any:
        """Have work done; returns what it returns, once that is durable.

        Raises:
            Exception: what the work itself raises, if that is no failure of the database.
        """
        job = Job(work)
        if self._in_memory:
            self._run([job])
            await trio.lowlevel.checkpoint()
            return job.result
        if self._thread is None:
            self._token = trio.lowlevel.current_trio_token()
            self._thread = threading.Thread(target=self._loop, name="claif-ledger", daemon=True)
            self._thread.start()
        self._jobs.put(job)
        await job.done.wait()
        return job.result

    async def aclose(self) -> None:
        """End when all work is done; the caller bounds the time."""
        if self._thread is not None:
            self._jobs.put(None)
            await self._ended.wait()
            self._thread = None
        elif self._db is not None:
            self._db.close()
            self._db = None

    def _loop(self) -> None:
        ending = False
        while not ending:
            jobs, ending = self._batch()
            if jobs:
                self._run(jobs)
                self._tell(partial(_wake, jobs))
                if self._opened is not None:
                    opened, self._opened = self._opened, None
                    self._run([Job(opened)])
        with suppress(OSError):
            self._closing()
        self._tell(self._ended.set)
        # All work is in the file, or in its log. Closing moves it from there, which waits for the disk; nobody else
        # has to, and a process that ends meanwhile leaves it to the next.
        if self._db is not None:
            with suppress(sqlite3.Error):
                self._db.close()

    def _batch(self) -> tuple[list[Job], bool]:
        """What has come in, and whether that is all there will be."""
        jobs: list[Job] = []
        item = self._jobs.get()
        while item is not None:
            jobs.append(item)
            if len(jobs) >= MOST:
                return jobs, False
            try:
                item = self._jobs.get_nowait()
            except queue.Empty:
                return jobs, False
        return jobs, True

    def _tell(self, what: Callable[[], object]) -> None:
        assert self._token is not None  # noqa: S101 - it was taken before the thread began
        with suppress(trio.RunFinishedError):
            self._token.run_sync_soon(what)

    def _run(self, jobs: Sequence[Job]) -> None:
        """Do work in one transaction, in another file or in memory if it cannot be done in the first."""
        for attempt in range(_TRIES):
            try:
                self._transaction(jobs)
            except _FAILURES as error:
                self._recover(error, last=attempt == _TRIES - 2)
            else:
                return

    def _transaction(self, jobs: Sequence[Job]) -> None:
        db = self._open()
        db.execute("BEGIN IMMEDIATE")
        try:
            for job in jobs:
                job.result = job.work(db)
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                with suppress(sqlite3.Error):
                    db.execute("ROLLBACK")
            raise

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            if self._path is None:
                self._db = in_memory(LEDGER)
            else:
                self._inode = inode(self._path)
                self._db = connect(self._path, LEDGER)
                self._inode = inode(self._path)
        return self._db

    def _recover(self, error: BaseException, *, last: bool) -> None:
        """Find another place for the ledger."""
        if self._db is not None:
            with suppress(sqlite3.Error):
                self._db.close()
            self._db = None
        path = self._path
        if path is None:
            return
        if is_damage(error) and not last:
            try:
                aside = set_aside(path, self._inode)
            except OSError as failure:
                error = failure
            else:
                if aside is not None:
                    self._complain(f"The ledger was damaged. It is kept as {aside}, and a new one was begun.")
                return
        self._path = None
        self._complain(f"Calls are not written down: the ledger {path} {_why(error)}.")


def _wake(jobs: Sequence[Job]) -> None:
    for job in jobs:
        job.done.set()


def _why(error: BaseException) -> str:
    if isinstance(error, NewerFileError):
        return "was written by a newer version of Claif"
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"cannot be written ({reason})"
