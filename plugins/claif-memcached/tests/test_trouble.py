"""A memcached that is down, frozen, full or restarted: a typed error in time, and all is well when it is back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
import trio
from claif_memcached.clients import THREADS
from claif_memcached.store import MemcachedStore
from patience import jumping, on_slow_clock, until
from servers import MemcachedServer, opened

from claif.api import ConnectionError
from claif.testing import FaultProxy, LeakCheck
from claif.testing.conformance.cache_base import key, labels
from claif.testing.faults import Cut

TIMEOUT = 20.0
"""Seconds after which a server is given up that does not answer, by a slow clock."""
AT_ONCE = 0.5
"""Seconds, by that clock."""


@pytest.fixture
def server() -> Iterator[MemcachedServer]:
    with MemcachedServer() as running:
        yield running


def store_at(url: str) -> MemcachedStore:
    return MemcachedStore(url, timeout=TIMEOUT)


@contextmanager
def fails(match: str, *, after: float = 0.0) -> Iterator[None]:
    """What is done meanwhile ends with a `ConnectionError` with a hint, in time."""
    started = trio.current_time()
    with pytest.raises(ConnectionError, match=match) as caught:
        yield
    assert trio.current_time() - started < after + AT_ONCE
    assert caught.value.hint
    assert str(caught.value).startswith("The store at 127.0.0.1:")


async def everything(store: MemcachedStore, match: str, *, after: float = 0.0) -> None:
    """All methods fail so."""
    for ask in (
        lambda: store.get(key("one")),
        lambda: store.put(key("one"), b"row", labels()),
        store.clear,
        store.stats,
        lambda: store.lock(key("one"), "me", 10),
        lambda: store.unlock(key("one"), "me"),
    ):
        with fails(match, after=after):
            await ask()


@on_slow_clock
async def test_a_server_that_is_down_is_a_connection_error_at_once(server: MemcachedServer) -> None:
    """And when it is up, it is asked again."""
    server.stop()
    async with opened(store_at(server.url)) as store:
        await everything(store, "cannot be reached")
        server.start()
        assert await store.get(key("one")) is None


@on_slow_clock
async def test_a_server_that_was_restarted_is_found_again_without_an_error(server: MemcachedServer) -> None:
    """Whatever is done first, and however many connections have died."""
    async with opened(store_at(server.url)) as store:
        for number in range(3):
            async with trio.open_nursery() as nursery:
                for _ in range(10):
                    nursery.start_soon(store.put, key("one"), b"row", labels())
            assert await store.lock(key(number), "me", 100)
            server.restart()
            if number:
                assert await store.lock(key(number), "you", 100)
            assert await store.get(key("one")) is None
            await store.put(key("one"), b"row", labels())
            assert await store.get(key("one")) == b"row"


@on_slow_clock
async def test_a_server_that_is_frozen_is_given_up_in_time(server: MemcachedServer) -> None:
    """Thawed, it answers again, and no connection or thread is left over."""
    check = LeakCheck()
    async with opened(store_at(server.url)) as store:
        await store.put(key("one"), b"row", labels())
        with server.frozen(), jumping():
            await everything(store, "did not answer within 20 s", after=TIMEOUT)
        # What was given up is carried out now, in any order: that all is forgotten may come before the row.
        await until(lambda: not store._clients._limiter.borrowed_tokens)
        await until(lambda: server.connections() <= len(store._clients._idle))
        assert await store.get(key("one")) in {None, b"row"}
        await store.put(key("one"), b"other", labels())
        assert await store.get(key("one")) == b"other"
    check.assert_clean()


@on_slow_clock
async def test_by_itself_a_server_has_a_quarter_of_a_second(server: MemcachedServer) -> None:
    async with opened(MemcachedStore(server.url)) as store:
        assert await store.get(key("one")) is None
        with server.frozen(), jumping(), fails("did not answer within 0.25 s", after=0.25):
            await store.get(key("one"))
        await until(lambda: not store._clients._limiter.borrowed_tokens)


@on_slow_clock
async def test_many_calls_to_a_frozen_server_end_together(server: MemcachedServer) -> None:
    """Also those for which there is no thread."""
    async with opened(store_at(server.url)) as store:
        assert await store.get(key("one")) is None
        with server.frozen(), jumping():
            failed = 0

            async def ask(number: int) -> None:
                nonlocal failed
                with fails("did not answer", after=TIMEOUT):
                    await store.get(key(number))
                failed += 1

            async with trio.open_nursery() as nursery:
                for number in range(100):
                    nursery.start_soon(ask, number)
            assert failed == 100
        assert await store.get(key("one")) is None
        await until(lambda: server.connections() <= THREADS)


@on_slow_clock
async def test_connections_are_used_again(server: MemcachedServer) -> None:
    """Calls one after another need one, and many at once no more than there are threads."""
    async with opened(store_at(server.url)) as store:
        for number in range(20):
            await store.put(key(number), b"row", labels())
        await until(lambda: server.connections() == 1)
        async with trio.open_nursery() as nursery:
            for number in range(200):
                nursery.start_soon(store.get, key(number))
        await until(lambda: server.connections() <= THREADS)
    await until(lambda: server.connections() <= 0)


@on_slow_clock
async def test_a_server_that_makes_room_keeps_working() -> None:
    """Old rows are gone, small and large ones, and none is damaged."""
    with MemcachedServer("-m", "16") as server:
        async with opened(store_at(server.url)) as store:
            for number in range(60):
                await store.put(key(number), b"%03d" % number * 100_000, labels())
                await store.put(key(f"large {number}"), b"%03d" % number * 500_000, labels())
            found = [await store.get(key(number)) for number in range(60)]
            large = [await store.get(key(f"large {number}")) for number in range(60)]
        assert {None} < {*found}
        assert large[-1] is not None
        for number in range(60):
            assert found[number] in {None, b"%03d" % number * 100_000}
            assert large[number] in {None, b"%03d" % number * 500_000}


@on_slow_clock
async def test_a_full_server_that_makes_no_room_says_so_and_reading_goes_on() -> None:
    """The error is a `ConnectionError`, so that the client leaves the store alone for a while."""
    with MemcachedServer("-m", "4", "-M") as server:
        async with opened(store_at(server.url)) as store:
            await store.put(key("one"), b"row", labels())
            with pytest.raises(ConnectionError, match=r"refuses: .*memory") as caught:
                for number in range(200):
                    await store.put(key(number), b"x" * 500_000, labels())
            assert "-M" in caught.value.hint
            assert await store.get(key("one")) == b"row"


@on_slow_clock
async def test_a_server_that_takes_only_small_items_says_so_or_leaves_them_out() -> None:
    with MemcachedServer("-I", "512k") as server:
        async with opened(store_at(server.url)) as store:
            with pytest.raises(ConnectionError, match="too large"):
                await store.put(key("one"), b"x" * 800_000, labels())
            await store.put(key("one"), b"x" * 400_000, labels())
            assert await store.get(key("one")) == b"x" * 400_000


@on_slow_clock
async def test_a_connection_that_is_cut_in_the_middle_of_an_answer_is_replaced(server: MemcachedServer) -> None:
    """Half a row is no row."""
    row = b"x" * 700_000
    async with FaultProxy(server.port) as proxy:
        url = f"memcached://127.0.0.1:{proxy.port}"
        async with opened(store_at(url)) as store:
            await store.put(key("one"), row, labels())
            proxy.set(Cut(300_000))
            with fails("cannot be reached, or the connection was lost"):
                await store.get(key("one"))
            proxy.set()
            assert await store.get(key("one")) == row


@on_slow_clock
async def test_what_is_no_memcached_is_an_error() -> None:
    """Whatever it answers."""
    for answer in (b"HTTP/1.1 400 Bad\r\n\r\n", b"VALUE x\r\n", b"VALUE a b c\r\n", b"\r\n", b"-ERR no\r\n", b""):

        async def serve(stream: trio.SocketStream, answer: bytes = answer) -> None:
            async with stream:
                await stream.receive_some()
                await stream.send_all(answer)

        async with trio.open_nursery() as nursery:
            listeners = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
            port = listeners[0].socket.getsockname()[1]
            async with opened(store_at(f"memcached://127.0.0.1:{port}")) as store:
                with fails("cannot be reached|refuses|did not answer"):
                    await store.get(key("one"))
            nursery.cancel_scope.cancel()


@on_slow_clock
async def test_a_store_that_is_not_running_says_so(server: MemcachedServer) -> None:
    store = store_at(server.url)
    await everything(store, "is not open")
    async with opened(store):
        assert await store.get(key("one")) is None
    await everything(store, "is not open")


async def test_nothing_is_left_open_whatever_moment_it_is_closed_at(server: MemcachedServer) -> None:
    """Also while a thread is at work."""
    check = LeakCheck()
    for number in range(40):
        async with trio.open_nursery() as nursery:
            store = store_at(server.url)
            await nursery.start(store.run)
            nursery.start_soon(store.get, key("one"))
            await trio.sleep(number * 0.0001)
            nursery.cancel_scope.cancel()
    check.assert_clean()
    await until(lambda: server.connections() <= 0)
