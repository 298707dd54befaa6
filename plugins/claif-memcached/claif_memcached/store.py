"""The cache in a memcached: it forgets by itself, and cannot tell what it has."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

import trio

from claif.api import ALL, CacheStore, Labels, RowInfo, Secret, Selection, StoreStats, Write

from .address import memcached_address
from .clients import Clients
from .failures import cannot_list
from .items import Items

if TYPE_CHECKING:
    from pymemcache.client.base import Client  # type: ignore[import-untyped] # it has no types

PREFIX = "claif"
TIMEOUT = 0.25
"""Seconds."""
SECONDS_OF_A_BYTE = 1e-6
"""What putting a row may take longer: nobody waits for it, and the network may be slow."""
KEY = 64
"""Characters of a whole key."""
MOST_LISTED = 1000


class MemcachedStore(CacheStore):
    """Keeps rows in a memcached.

    How much it keeps is the server's business (`memcached -m`). Its clock has whole seconds, so rows and locks last up
    to two seconds longer than they are to. To forget everything leaves alone what others keep in it.

    Args:
        url: where it is, see `memcached_address`.
        password: not possible; see there.
        prefix: what all keys begin with, without the colon that follows; who uses the same one shares rows.
        timeout: seconds that each call may take; to put rows, so many for each, and a second more for each megabyte.

    Raises:
        InvalidConfigError: the URL is none.
    """

    name: ClassVar[str] = "memcached"

    def __init__(
        self,
        url: str | Secret | None = None,
        *,
        password: Secret | None = None,
        prefix: str = PREFIX,
        timeout: float = TIMEOUT,
    ) -> None:
        self._clients = Clients(memcached_address(url, password), timeout)
        self._items = Items(prefix)
        self._timeout = timeout

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Have connections, when they are needed, until cancelled."""
        self._clients.open()
        try:
            task_status.started()
            await trio.sleep_forever()
        finally:
            self._clients.close()

    async def get(self, key: str) -> bytes | None:
        """The row of a key: one round trip, or two for one that is larger than an item can be."""
        return await self._clients.call(lambda client: self._items.get(client, key))

    async def get_all(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """The rows of several keys: one round trip, and one for each that is larger than an item can be."""
        return await self._clients.call(lambda client: self._items.get_all(client, keys))

    async def look(self, key: str, token: str, seconds: float) -> tuple[bytes | None, bool]:
        """The row of a key, or the right to ask for it, in one visit to a thread."""

        def look(client: Client) -> tuple[bytes | None, bool]:
            return self.look_at_once(
                lambda: self._items.get(client, key),
                lambda: self._items.lock(client, key, token, seconds),
                lambda: self._items.unlock(client, key, token),
            )

        return await self._clients.call(look)

    async def put(self, key: str, row: bytes, labels: Labels) -> None:
        """Keep a row: two round trips, or three for a large one; one that is too large is left out."""
        await self.put_all([Write(key, row, labels)])

    async def put_all(self, writes: Sequence[Write]) -> None:
        """Keep rows and give up their locks, in one visit to a thread."""
        if not writes:
            return
        now = time.time()

        def put(client: Client) -> None:
            for write in writes:
                self._items.put(client, write.key, write.row, write.labels.expires - now)
                if write.lock is not None:
                    self._items.unlock(client, *write.lock)

        size = sum([len(write.row) for write in writes])
        await self._clients.call(put, more=size * SECONDS_OF_A_BYTE + (len(writes) - 1) * self._timeout)

    async def rows(
        self,
        selection: Selection = ALL,  # noqa: ARG002 - it is asked like any other
        limit: int | None = MOST_LISTED,  # noqa: ARG002 - likewise
    ) -> Sequence[RowInfo]:
        """Not possible.

        Raises:
            ProviderRuntimeError: always.
        """
        raise cannot_list()

    async def clear(self, selection: Selection = ALL) -> int:
        """Forget everything, or one row by its whole key.

        Returns:
            How many rows these were; 0 for everything, as nobody knows.

        Raises:
            ProviderRuntimeError: something else is selected.
        """
        if selection == ALL:
            await self._clients.call(self._items.forget_all)
            return 0
        if selection != Selection(prefix=selection.prefix) or len(selection.prefix) != KEY:
            raise cannot_list()
        return int(await self._clients.call(lambda client: self._items.forget(client, selection.prefix)))

    async def stats(self) -> StoreStats:
        """Where it is, if it answers; what others keep in it is not told from what is ours."""
        await self._clients.call(self._items.ping)
        return StoreStats(None, None, self._clients.place)

    async def lock(self, key: str, token: str, seconds: float) -> bool:
        """Take the right to ask for the answer of a key, or keep it."""
        return await self._clients.call(lambda client: self._items.lock(client, key, token, seconds))

    async def unlock(self, key: str, token: str) -> None:
        """Give the right up, if `token` holds it."""
        await self._clients.call(lambda client: self._items.unlock(client, key, token))
