"""What is asked of a memcached, one connection at a time: rows, the name space that they belong to, and locks."""

from __future__ import annotations

import time
from math import ceil, inf
from secrets import token_hex
from typing import TYPE_CHECKING

from .rows import CHUNK, MOST_CHUNKS, TOKEN, Manifest, manifest, read, split, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymemcache.client.base import Client  # type: ignore[import-untyped] # it has no types

MONTH = 2_592_000
"""Seconds above which memcached takes an expiry for a time since the epoch:
https://docs.memcached.org/protocols/basic/"""
NEVER, AT_ONCE = 0, -1


class Items:
    """Knows the names of items and what is in them.

    All rows belong to a *name space*, a random token that is kept in the server too and is read along with each row.

    Args:
        prefix: what all names begin with, without the colon that follows.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._space = f"{prefix}:space"

    def get(self, client: Client, key: str) -> bytes | None:
        """The row of a key: one round trip, or two for one in chunks."""
        return self.get_all(client, [key]).get(key)

    def get_all(self, client: Client, keys: Sequence[str]) -> dict[str, bytes]:
        """The rows of several keys: one round trip, and one for each in chunks."""
        names = {key: self._row(key) for key in keys}
        found = client.get_many([self._space, *names.values()])
        space = found.get(self._space, b"")
        rows: dict[str, bytes] = {}
        for key, name in names.items():
            kept = read(found.get(name, b""), space)
            row = _joined(client, name, kept) if isinstance(kept, Manifest) else kept
            if row is not None:
                rows[key] = row
        return rows

    def put(self, client: Client, key: str, row: bytes, seconds: float) -> None:
        """Keep a row for so long; one that is too large is left out."""
        name, expire = self._row(key), expiry(seconds)
        chunks = split(row) if len(row) > CHUNK else []
        if expire == AT_ONCE or len(chunks) > MOST_CHUNKS:
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

    def forget(self, client: Client, key: str) -> bool:
        """Forget a row; whether there was one."""
        return bool(client.delete(self._row(key)))

    def forget_all(self, client: Client) -> None:
        """Begin a new name space: no row belongs to it."""
        client.set(self._space, token_hex(TOKEN // 2).encode(), NEVER)

    def ping(self, client: Client) -> None:
        """Have it answer something."""
        client.get(self._space)

    def lock(self, client: Client, key: str, token: str, seconds: float) -> bool:
        """Take a lock, or keep it; whether `token` holds it."""
        name, mine, expire = self._lock(key), token.encode(), expiry(max(seconds, 0.001))
        if client.add(name, mine, expire):
            return True
        holder, version = client.gets(name)
        if holder is None:
            return bool(client.add(name, mine, expire))
        return holder == mine and bool(client.cas(name, mine, version, expire))

    def unlock(self, client: Client, key: str, token: str) -> None:
        """Give a lock up, if `token` holds it."""
        name = self._lock(key)
        holder, version = client.gets(name)
        if holder == token.encode():
            # There is no way to delete only what one has seen, but one to replace it by what has expired.
            client.cas(name, b"", version, AT_ONCE)

    def _row(self, key: str) -> str:
        return f"{self._prefix}:row:{key}"

    def _lock(self, key: str) -> str:
        return f"{self._prefix}:lock:{key}"

    def _token(self, client: Client) -> bytes:
        """The token of the name space; a new one if the server has none, because it is new or has forgotten it."""
        token: bytes | None = client.get(self._space)
        if token is None:
            token = token_hex(TOKEN // 2).encode()
            if not client.add(self._space, token, NEVER):
                token = client.get(self._space)
        return token or b""


def expiry(seconds: float) -> int:
    """An expiry as memcached wants it, such that nothing goes before its time."""
    if seconds <= 0:
        return AT_ONCE
    if seconds == inf:
        return NEVER
    whole_seconds = ceil(seconds) + 1
    return whole_seconds if whole_seconds <= MONTH else int(time.time()) + whole_seconds


def _joined(client: Client, name: str, kept: Manifest) -> bytes | None:
    names = [_part(name, kept.generation, number) for number in range(kept.count)]
    found = client.get_many(names)
    row = b"".join([found.get(part, b"") for part in names])
    return row if len(row) == kept.size else None


def _part(name: str, generation: str, number: int) -> str:
    return f"{name}:{generation}:{number}"
