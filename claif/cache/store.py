"""What a cache store is: it keeps rows of bytes by key, and knows nothing of what is in them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import trio
from attrs import frozen

MOST_LISTED = 1000
"""Rows that are listed at once, unless more are asked for."""


@frozen
class Labels:
    """What a row is found by, beside its key.

    Args:
        provider: name of the provider that answered.
        model: the model that it was asked for; empty if it was one of the provider's choice.
        tag: what the query was marked with; empty if it was not.
        created: when the row was stored, in seconds since the epoch.
        expires: when it is no longer used, in seconds since the epoch.
    """

    provider: str
    model: str
    tag: str
    created: float
    expires: float


@frozen
class RowInfo:
    """What is known of a row without looking into it; `size` is that of the row in bytes."""

    key: str
    labels: Labels
    size: int


@frozen
class Selection:
    """Which rows are meant: those for which everything that is given holds; all if nothing is.

    Args:
        provider: the provider's name.
        model: the model.
        tag: the tag.
        prefix: how the key begins.
        created_before: rows that were stored before this time, in seconds since the epoch.
    """

    provider: str | None = None
    model: str | None = None
    tag: str | None = None
    prefix: str = ""
    created_before: float | None = None

    def takes(self, key: str, labels: Labels) -> bool:
        """Whether a row is meant."""
        return (
            key.startswith(self.prefix)
            and self.provider in {None, labels.provider}
            and self.model in {None, labels.model}
            and self.tag in {None, labels.tag}
            and (self.created_before is None or labels.created < self.created_before)
        )


ALL = Selection()


@frozen
class Write:
    """A row that is to be kept.

    Args:
        key: its key.
        row: the row.
        labels: what it is found by.
        lock: the key and the token of a lock that is given up when the row is there.
    """

    key: str
    row: bytes
    labels: Labels
    lock: tuple[str, str] | None = None


@frozen
class StoreStats:
    """How full a store is.

    Args:
        rows: how many rows it has; `None` if it cannot tell.
        size: their bytes.
        place: the file, or the address without a password.
    """

    rows: int | None
    size: int | None
    place: str


class CacheStore(ABC):
    """Keeps rows of bytes by key, for a client; all methods may be called by several tasks at once.

    A row that is not there is no error. What goes wrong is raised as a `ClaifError`, mostly a `ConnectionError`: the
    cache then does without the store for a while, and no query fails. A row whose time has passed, or which does not
    fit, may be left out at any time. Keys are 64 hexadecimal digits, lower case.

    The client starts `run` before it calls anything else, calls `aclose` when it is closed, and then cancels `run`.
    """

    name: ClassVar[str]
    """What `[cache] store` calls it."""
    local: ClassVar[bool] = False
    """Whether it is this client's alone, and no call waits for anything: then it needs neither locks nor patience."""

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Be open until cancelled: a store that needs tasks or connections has them in here.

        It does not wait for a server: `task_status.started()` is called at once.
        """
        task_status.started()
        await trio.sleep_forever()

    async def aclose(self) -> None:
        """Finish what must not be lost. The client bounds the time."""
        await trio.lowlevel.checkpoint()

    @abstractmethod
    async def get(self, key: str) -> bytes | None:
        """The row of a key, which counts as used now; `None` if there is none."""

    @abstractmethod
    async def put(self, key: str, row: bytes, labels: Labels) -> None:
        """Keep a row in the place of what the key had; others that were not used for long may make room for it."""

    @abstractmethod
    async def rows(self, selection: Selection = ALL, limit: int | None = MOST_LISTED) -> Sequence[RowInfo]:
        """The rows that are meant, the newest first, at most `limit` of them.

        A store that cannot list, such as memcached, raises a `ProviderRuntimeError` that says so.
        """

    @abstractmethod
    async def clear(self, selection: Selection = ALL) -> int:
        """Forget the rows that are meant; how many these were."""

    @abstractmethod
    async def stats(self) -> StoreStats:
        """How full it is."""

    @abstractmethod
    async def lock(self, key: str, token: str, seconds: float) -> bool:
        """Take the right to ask for the answer of a key, or keep it for so many seconds from now.

        Args:
            key: as for rows; the lock is not the row.
            token: tells who holds it.
            seconds: after which it is lost, unless it is taken again with the same token.

        Returns:
            Whether `token` holds it now.
        """

    @abstractmethod
    async def unlock(self, key: str, token: str) -> None:
        """Give the right up, if `token` still holds it."""

    async def look(self, key: str, token: str, seconds: float) -> tuple[bytes | None, bool]:
        """The row of a key; where there is none, the lock, as `lock` gives it. A store may do both at once.

        Returns:
            The row, and whether `token` holds the lock.
        """
        row = await self.get(key)
        if row is not None or not await self.lock(key, token, seconds):
            return row, False
        if (row := await self.get(key)) is not None:  # see `look_at_once`
            await self.unlock(key, token)
        return row, row is None

    @staticmethod
    def look_at_once(
        get: Callable[[], bytes | None], lock: Callable[[], bool], unlock: Callable[[], object]
    ) -> tuple[bytes | None, bool]:
        """What `look` does, for a store that does it in one visit to a thread: with functions that may block.

        Args:
            get: gives the row.
            lock: takes the lock.
            unlock: gives it up.
        """
        row = get()
        if row is not None or not lock():
            return row, False
        # Whoever had the lock may have kept the row, and given the lock up, in between.
        if (row := get()) is not None:
            unlock()
        return row, row is None

    async def get_all(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """The rows of several keys, each as `get` gives it; those that there are. A store may read them all at once."""
        found = {key: await self.get(key) for key in keys}
        return {key: row for key, row in found.items() if row is not None}

    async def put_all(self, writes: Sequence[Write]) -> None:
        """Keep several rows, each as `put` does, and give up the lock of each; a store may do it all at once."""
        for write in writes:
            await self.put(write.key, write.row, write.labels)
            if write.lock is not None:
                await self.unlock(*write.lock)

    async def verify(self, good: Callable[[str, bytes], bool]) -> tuple[int, int]:
        """Look at every row and forget those that are damaged.

        Args:
            good: whether the row of a key is as it was stored.

        Returns:
            How many rows are good, and how many were forgotten.
        """
        kept = forgotten = 0
        for info in await self.rows(limit=None):
            row = await self.get(info.key)
            if row is None:
                continue
            if good(info.key, row):
                kept += 1
            else:
                forgotten += await self.clear(Selection(prefix=info.key))
        return kept, forgotten
