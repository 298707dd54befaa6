"""The cache in a real Redis or Valkey keeps the promises of a store, over TCP and at a socket of this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from math import inf

import pytest
from claif_redis.scan import Scan
from claif_redis.store import RedisStore
from servers import RedisServer, opened

from claif.api import Selection, Write
from claif.testing import CacheStoreConformance
from claif.testing.conformance.cache_base import key, labels


@pytest.fixture(scope="module", params=["port", "socket", "valkey"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    path = tmp_path_factory.mktemp("redis") / "redis.sock" if request.param == "socket" else None
    with RedisServer(path=path, kind="valkey" if request.param == "valkey" else "redis") as running:
        yield running


class TestConformance(CacheStoreConformance):
    @pytest.fixture(autouse=True)
    def a_server(self, server: RedisServer) -> None:
        server.ask(b"FLUSHALL")
        self.server = server

    @asynccontextmanager
    async def store(self) -> AsyncIterator[RedisStore]:
        async with self.running(RedisStore(self.server.url, timeout=20)) as store:
            yield store

    @asynccontextmanager
    async def other(self, store) -> AsyncIterator[RedisStore]:
        async with self.running(RedisStore(self.server.url, timeout=20)) as another:
            yield another


async def test_a_hit_is_one_round_trip_and_so_is_putting(server: RedisServer) -> None:
    """Each is one command; nothing else is asked once the connection is open."""
    async with opened(RedisStore(server.url, timeout=20)) as store:
        await store.put(key("one"), b"row", labels())
        server.ask(b"CONFIG RESETSTAT")
        assert await store.get(key("one")) == b"row"
        await store.put(key("one"), b"row", labels())
        assert (server.calls("get"), server.calls("set"), server.total_calls()) == (1, 1, 2)


async def test_to_look_and_to_put_many_are_one_round_trip_each(server: RedisServer) -> None:
    """Also the first time that their scripts are used, for what is put."""
    async with opened(RedisStore(server.url, timeout=20)) as store:
        await store.look(key("none"), "me", 10)
        server.ask(b"CONFIG RESETSTAT")
        await store.look(key("none"), "me", 10)
        assert (server.calls("evalsha"), server.calls("eval"), server.calls("script|load")) == (1, 0, 0)
        server.ask(b"SCRIPT FLUSH")
        server.ask(b"CONFIG RESETSTAT")
        asked = store._link.exchanges
        await store.put_all([Write(key(number), b"row", labels(), (key("none"), "me")) for number in range(50)])
        assert store._link.exchanges - asked == 1
        assert (server.calls("evalsha"), server.calls("set"), server.calls("eval")) == (50, 50, 0)
        await store.put_all([Write(key(number), b"x" * 3_000_000, labels()) for number in range(5)])
        assert store._link.exchanges - asked == 1 + 3
        assert len(await store.get_all([key(number) for number in range(60)])) == 50
        assert store._link.exchanges - asked == 1 + 3 + 1


async def test_rows_expire_in_the_server_and_those_that_last_for_ever_do_not(server: RedisServer) -> None:
    """So that nobody has to tidy up."""
    server.ask(b"FLUSHALL")
    async with opened(RedisStore(server.url, prefix="mine", timeout=20)) as store:
        await store.put(key("one"), b"row", labels(lasts=100))
        await store.put(key("two"), b"row", labels(lasts=inf))
        assert 99_000 < int(server.ask(b"PTTL mine:row:" + key("one").encode()).strip()[1:]) <= 100_000
        assert server.ask(b"TTL mine:row:" + key("two").encode()) == b":-1\r\n"
        assert len(await store.rows()) == 2


async def test_stores_of_other_prefixes_and_data_of_others_are_left_alone(server: RedisServer) -> None:
    """Also where a prefix has characters that mean something to SCAN."""
    server.ask(b"FLUSHALL")
    server.ask(b"SET other:row:1 x")
    server.ask(b"SET claif:other y")
    async with (
        opened(RedisStore(server.url, prefix="a*", timeout=20)) as store,
        opened(RedisStore(server.url, prefix="ab", timeout=20)) as other,
    ):
        await store.put(key("one"), b"one", labels())
        await other.put(key("one"), b"other", labels())
        await store.lock(key("one"), "me", 10)
        assert [info.size for info in await store.rows()] == [3]
        assert await store.clear() == 1
        assert await store.get(key("one")) is None
        assert await other.get(key("one")) == b"other"
        assert not await store.lock(key("one"), "you", 10)
    assert server.ask(b"GET other:row:1") == b"$1\r\nx\r\n"
    assert server.ask(b"GET claif:other") == b"$1\r\ny\r\n"


async def test_many_rows_are_listed_and_forgotten_in_steps(server: RedisServer) -> None:
    """More than are looked at in one round trip, and no row is loaded for it."""
    server.ask(b"FLUSHALL")
    async with opened(RedisStore(server.url, timeout=20)) as store:
        for number in range(1700):
            await store.put(key(number), b"x" * 10, labels("p" if number % 2 else "q", age=10 * number))
        server.ask(b"CONFIG RESETSTAT")
        assert [info.key for info in await store.rows(limit=2)] == [key(0), key(1)]
        assert len(await store.rows(limit=None)) == 1700
        assert len(await store.rows()) == 1000
        assert (await store.stats()).rows == 1700
        assert server.calls("get") == 0
        assert server.calls("scan") >= 4 * 3
        assert await store.clear(Selection(provider="p")) == 850
        assert await store.clear() == 850
        assert (await store.stats()).rows == 0


async def test_labels_that_are_longer_than_usual_are_read_too(server: RedisServer) -> None:
    """And the size of the row is right."""
    server.ask(b"FLUSHALL")
    async with opened(RedisStore(server.url, timeout=20)) as store:
        await store.put(key("one"), b"x" * 5000, labels(tag="t" * 3000))
        (info,) = await store.rows(Selection(tag="t" * 3000))
        assert info.size == 5000
        assert await store.get(key("one")) == b"x" * 5000


@pytest.mark.parametrize(
    ("kept", "row"),
    [
        (b"x", None),
        (b"claif1", None),
        (b"claif1 ", None),
        (b"claif9 []\nrow", None),
        (b"claif1 {}\nrow", b"row"),
        (b"claif1 [1]\nrow", b"row"),
        (b'claif1 ["p","m","t","now",0]\nrow', b"row"),
    ],
)
async def test_what_others_wrote_there_is_not_listed(server: RedisServer, kept: bytes, row: bytes | None) -> None:
    """It does no harm, and clearing takes it away; whether a row is good, who asked for it can tell."""
    server.ask(b"FLUSHALL")
    async with opened(RedisStore(server.url, timeout=20)) as store:
        server.command(b"SET", "claif:row:" + key("one"), kept)
        await store.put(key("two"), b"row", labels())
        assert await store.get(key("one")) == row
        assert await store.look(key("one"), "me", 10) == (row, row is None)
        assert [info.key for info in await store.rows()] == [key("two")]
        assert (await store.stats()).rows == 1
        assert await store.clear(Selection(provider="openai")) == 1
        assert await store.clear() == 1


async def test_a_key_that_the_server_names_twice_is_counted_once() -> None:
    """SCAN may do so: https://redis.io/docs/latest/commands/scan/"""

    class Twice:
        answers = [[b"7", [b"p:a", b"p:b", b"p:a"]], [b"0", [b"p:b", b"p:c"]]]

        async def ask(self, *commands: object) -> list[object]:
            return [self.answers.pop(0)]

    scan = Scan(Twice(), "p:")
    assert await scan.step() == ["a", "b"]
    assert not scan.done
    assert await scan.step() == ["c"]
    assert scan.done
