"""The cache in a real memcached keeps the promises of a store, but for those that need a list."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from math import inf

import pytest
import trio
from claif_memcached import items
from claif_memcached.items import expiry
from claif_memcached.store import MemcachedStore
from servers import MemcachedServer, opened

from claif.testing import CacheStoreConformance
from claif.testing.conformance.cache_base import key, labels


@pytest.fixture(scope="module")
def server() -> Iterator[MemcachedServer]:
    with MemcachedServer() as running:
        yield running


class TestConformance(CacheStoreConformance):
    lists = False
    counts = False
    slack = 20.0

    @pytest.fixture(autouse=True)
    def a_server(self, server: MemcachedServer) -> None:
        server.ask(b"flush_all")
        self.server = server

    @asynccontextmanager
    async def store(self) -> AsyncIterator[MemcachedStore]:
        async with self.running(MemcachedStore(self.server.url, timeout=20)) as store:
            yield store

    @asynccontextmanager
    async def other(self, store) -> AsyncIterator[MemcachedStore]:
        async with self.running(MemcachedStore(self.server.url, timeout=20)) as another:
            yield another


async def test_a_hit_is_one_round_trip(server: MemcachedServer) -> None:
    """Row and name space are asked for together."""
    async with opened(MemcachedStore(server.url, timeout=20)) as store:
        await store.put(key("one"), b"row", labels())
        before = server.figures()
        assert await store.get(key("one")) == b"row"
        after = server.figures()
        assert after["cmd_get"] - before["cmd_get"] == 2
        assert after["get_hits"] - before["get_hits"] == 2
        assert after["cmd_set"] == before["cmd_set"]


async def test_what_others_keep_in_it_stays_when_everything_is_forgotten(server: MemcachedServer) -> None:
    """Also what Claif keeps there under another prefix."""
    server.ask(b"set theirs 0 0 1\r\nx")
    async with (
        opened(MemcachedStore(server.url, timeout=20)) as store,
        opened(MemcachedStore(server.url, prefix="b", timeout=20)) as other,
    ):
        await store.put(key("one"), b"row", labels())
        await other.put(key("one"), b"other", labels())
        await store.clear()
        assert await store.get(key("one")) is None
        assert await other.get(key("one")) == b"other"
    assert server.ask(b"get theirs") == b"VALUE theirs 0 1\r\nx\r\nEND\r\n"


async def test_what_was_forgotten_does_not_come_back(server: MemcachedServer) -> None:
    """Also when the server has forgotten what counted before: a new name space is none of the old ones."""
    async with opened(MemcachedStore(server.url, timeout=20)) as store:
        for _ in range(2):
            await store.put(key("one"), b"row", labels())
            server.ask(b"delete claif:space")
            assert await store.get(key("one")) is None
            await store.put(key("two"), b"new", labels())
            assert await store.get(key("two")) == b"new"
            assert await store.get(key("one")) is None


async def test_a_row_of_which_a_chunk_is_missing_is_a_miss(server: MemcachedServer) -> None:
    """Whichever it is."""
    row = bytes(range(250)) * 10_000
    async with opened(MemcachedStore(server.url, timeout=20)) as store:
        for number in range(3):
            await store.put(key("one"), row, labels())
            assert await store.get(key("one")) == row
            assert server.ask(b"delete " + part(server, number)) == b"DELETED\r\n"
            assert await store.get(key("one")) is None


async def test_chunks_of_two_rows_are_never_mixed(server: MemcachedServer) -> None:
    """Though two clients put different rows of a key at the same time, and a third one reads."""
    rows = [bytes([number]) * 2_000_000 for number in range(4)]
    async with (
        opened(MemcachedStore(server.url, timeout=20)) as store,
        opened(MemcachedStore(server.url, timeout=20)) as other,
    ):
        seen = []

        async def put(number: int) -> None:
            for _ in range(5):
                await (store, other)[number % 2].put(key("one"), rows[number], labels())

        async def read() -> None:
            while True:
                seen.append(await store.get(key("one")))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(read)
            async with trio.open_nursery() as putting:
                for number in range(4):
                    putting.start_soon(put, number)
            seen.append(await store.get(key("one")))
            nursery.cancel_scope.cancel()
        assert all(row is None or row in rows for row in seen)
        assert seen[-1] in rows


@pytest.mark.parametrize(
    "kept",
    [
        b"",
        b"x",
        b"claif1 whole ",
        b"claif1 whole 0123456789abcdefrow",
        b"claif1 parts SPACE",
        b"claif1 parts SPACE0123456789abcdef 1",
        b"claif1 parts SPACE0123456789abcdef 0 5",
        b"claif1 parts SPACE0123456789abcdef 99999999999 5",
        b"claif1 parts SPACE0123456789abcdef -1 5",
        b"claif1 parts SPACEshort 1 5",
        b"claif1 parts SPACE0123456789abcdef 1 5 6",
        b"claif1 other SPACErow",
    ],
)
async def test_what_others_wrote_there_is_a_miss(server: MemcachedServer, kept: bytes) -> None:
    """And does no harm."""
    async with opened(MemcachedStore(server.url, timeout=20)) as store:
        await store.put(key("two"), b"row", labels())
        space = server.ask(b"get claif:space").split(b"\r\n")[1]
        kept = kept.replace(b"SPACE", space)
        server.ask(b"set claif:row:%s 0 0 %d\r\n%b" % (key("one").encode(), len(kept), kept))
        assert await store.get(key("one")) is None
        await store.put(key("one"), b"row", labels())
        assert await store.get(key("one")) == b"row"


async def test_a_row_that_is_too_large_is_left_out(server: MemcachedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what the key had is not taken for it."""
    monkeypatch.setattr(items, "MOST_CHUNKS", 2)
    async with opened(MemcachedStore(server.url, timeout=20)) as store:
        await store.put(key("one"), b"old", labels())
        await store.put(key("one"), b"x" * 1_800_001, labels())
        assert await store.get(key("one")) is None
        await store.put(key("one"), b"x" * 1_800_000, labels())
        assert await store.get(key("one")) == b"x" * 1_800_000


def test_expiries_are_never_too_early() -> None:
    """A memcached counts whole seconds, takes large numbers for times, 0 for never and what is negative for at once."""
    now = int(time.time())
    assert [expiry(seconds) for seconds in (-1, 0, 0.1, 1, 1.5, inf)] == [-1, -1, 2, 2, 3, 0]
    assert expiry(2_591_999) == 2_592_000
    assert 0 <= expiry(2_592_000) - (now + 2_592_001) <= 1
    assert 0 <= expiry(1e8) - (now + 100_000_001) <= 1


async def test_rows_that_last_long_are_kept(server: MemcachedServer) -> None:
    async with opened(MemcachedStore(server.url, timeout=20)) as store:
        for seconds in (86_400.0, 2_592_000.0, 1e8, inf):
            await store.put(key(seconds), b"row", labels(lasts=seconds))
            assert await store.get(key(seconds)) == b"row"


def part(server: MemcachedServer, number: int) -> bytes:
    """The key of a chunk of the row `one`."""
    manifest = server.ask(b"get claif:row:" + key("one").encode()).split(b"\r\n")[1]
    generation = manifest.split(b" ")[2][16:]
    return b"claif:row:%s:%s:%d" % (key("one").encode(), generation, number)
