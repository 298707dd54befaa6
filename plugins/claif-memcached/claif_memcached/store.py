"""The cache in a memcached: it forgets by itself, and cannot tell what it has."""

from __future__ import annotations

import time
from collections.abc import Sequence
from math import ceil, inf
from secrets import token_hex
from typing import TYPE_CHECKING, ClassVar

import trio

from claif.api import ALL, CacheStore, Labels, RowInfo, Secret, Selection, StoreStats

from .address import memcached_address
from .clients import Clients
from .failures import cannot_list
from .rows import CHUNK, MOST_CHUNKS, TOKEN, Manifest, manifest, read, split, whole

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
_MONTH = 2_592_000
"""Seconds above which memcached takes an expiry for a time since the epoch:
https://docs.memcached.org/protocols/basic/"""
_NEVER, _AT_ONCE = 0, -1


class MemcachedStore(CacheStore):
    """Keeps rows in a memcached.

    How much it keeps is the server's business (`memcached -m`). Its clock has whole seconds, so rows and locks last up
    to two seconds longer than they are to.

    All rows belong to a *name space*, a random token that is kept in the server too and is read along with each row.
    To forget everything, the token is replaced: the rows of others who use the server stay.

    Args:
        url: where it is, see `memcached_address`.
        password: not possible; see there.
        prefix: what all keys begin with, without the colon that follows; who uses the same one shares rows.
        timeout: seconds that each call may take; to put a row, a second more for each megabyte.

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
        self._prefix = prefix
        self._space = f"{prefix}:space"

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
        name = self._row(key)

        def ask(client: Client) -> bytes | None:
            found = client.get_many([self._space, name])
            kept = read(found.get(name, b""), found.get(self._space, b""))
            return self._joined(client, name, kept) if isinstance(kept, Manifest) else kept

        return await self._clients.call(ask)

    async def put(self, key: str, row: bytes, labels: Labels) -> None:
        """Keep a row: two round trips, or three for a large one; one that is too large is left out."""
        name, expire = self._row(key), _expiry(labels.expires - time.time())
        chunks = split(row) if len(row) > CHUNK else []

        def store(client: Client) -> None:
            if expire == _AT_ONCE or len(chunks) > MOST_CHUNKS:
                client.delete(name)
                return
            space = self._token(client)
            kept = whole(row, space)
            if chunks:
                # The row is there when its manifest is, which is why that comes last.
                generation = token_hex(TOKEN // 2)
                parts = {_part(name, generation, number): chunk for number, chunk in enumerate(chunks)}
                if client.set_many(parts, expire):
                    return
                kept = manifest(space, generation, len(chunks), len(row))
            client.set(name, kept, expire)

        await self._clients.call(store, more=len(row) * SECONDS_OF_A_BYTE)

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
            token = token_hex(TOKEN // 2).encode()
            await self._clients.call(lambda client: client.set(self._space, token, _NEVER))
            return 0
        if selection != Selection(prefix=selection.prefix) or len(selection.prefix) != KEY:
            raise cannot_list()
        name = self._row(selection.prefix)
        return int(await self._clients.call(lambda client: bool(client.delete(name))))

    async def stats(self) -> StoreStats:
        """Where it is, if it answers; what others keep in it is not told from what is ours."""
        await self._clients.call(lambda client: client.get(self._space))
        return StoreStats(None, None, self._clients.place)

    async def lock(self, key: str, token: str, seconds: float) -> bool:
        """Take the right to ask for the answer of a key, or keep it."""
        name, mine, expire = self._lock(key), token.encode(), _expiry(max(seconds, 0.001))

        def take(client: Client) -> bool:
            if client.add(name, mine, expire):
                return True
            holder, version = client.gets(name)
            if holder is None:
                return bool(client.add(name, mine, expire))
            return holder == mine and bool(client.cas(name, mine, version, expire))

        return await self._clients.call(take)

    async def unlock(self, key: str, token: str) -> None:
        """Give the right up, if `token` holds it."""
        name, mine = self._lock(key), token.encode()

        def give_up(client: Client) -> None:
            holder, version = client.gets(name)
            if holder == mine:
                # There is no way to delete only what one has seen, but one to replace it by what has expired.
                client.cas(name, b"", version, _AT_ONCE)

        await self._clients.call(give_up)

    def _row(self, key: str) -> str:
        return f"{self._prefix}:row:{key}"

    def _lock(self, key: str) -> str:
        return f"{self._prefix}:lock:{key}"

    def _token(self, client: Client) -> bytes:
        """The token of the name space; a new one if the server has none, because it is new or has forgotten it."""
        token: bytes | None = client.get(self._space)
        if token is None:
            token = token_hex(TOKEN // 2).encode()
            if not client.add(self._space, token, _NEVER):
                token = client.get(self._space)
        return token or b""

    def _joined(self, client: Client, name: str, kept: Manifest) -> bytes | None:
        names = [_part(name, kept.generation, number) for number in range(kept.count)]
        found = client.get_many(names)
        row = b"".join([found.get(part, b"") for part in names])
        return row if len(row) == kept.size else None


def _part(name: str, generation: str, number: int) -> str:
    return f"{name}:{generation}:{number}"


def _expiry(seconds: float) -> int:
    """An expiry as memcached wants it, such that nothing goes before its time."""
    if seconds <= 0:
        return _AT_ONCE
    if seconds == inf:
        return _NEVER
    whole_seconds = ceil(seconds) + 1
    return whole_seconds if whole_seconds <= _MONTH else int(time.time()) + whole_seconds
