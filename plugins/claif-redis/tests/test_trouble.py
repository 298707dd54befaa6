"""A Redis that is down, frozen, full, restarted or locked: a typed error in time, and all is well when it is back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from claif_redis.state import RedisState
from claif_redis.store import RedisStore
from patience import jumping, on_slow_clock, until
from servers import RedisServer, opened

from claif.api import Claim, ConnectionError, Place, Rate, Secret, Settlement, Spending
from claif.testing import FaultProxy, LeakCheck
from claif.testing.conformance.cache_base import key, labels
from claif.testing.faults import BlackHole, Cut

TIMEOUT = 20.0
"""Seconds after which a server is given up that does not answer, by a clock that may be slow."""
AT_ONCE = 0.5
"""Seconds, by that clock."""
CLAIM = Claim("e", (Rate("r", 1, 10, 1),), Place("p", 10, "me", 60), (Spending("b", 10, 0.1, 60),))


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with RedisServer() as running:
        yield running


def store_at(url: str | Secret, **more: Any) -> RedisStore:
    return RedisStore(url, timeout=TIMEOUT, **more)


def state_at(url: str) -> RedisState:
    return RedisState(url, timeout=TIMEOUT)


@contextmanager
def hurried(*ones: RedisStore | RedisState) -> Iterator[None]:
    """Have them wait for a moment only meanwhile."""
    for one in ones:
        one._link.timeout = 0.25
    yield
    for one in ones:
        one._link.timeout = TIMEOUT


@contextmanager
def fails(match: str, *, after: float = 0.0) -> Iterator[None]:
    """What is done meanwhile ends with a `ConnectionError`, in time, that has a hint and no password."""
    started = trio.current_time()
    with pytest.raises(ConnectionError, match=match) as caught:
        yield
    assert trio.current_time() - started < after + AT_ONCE
    assert caught.value.hint
    assert str(caught.value).startswith("The store at 127.0.0.1:")
    assert "s3cret" not in repr(caught.value) + str(caught.value.hint) + repr(caught.value.__cause__)


async def everything(store: RedisStore, shared: RedisState, match: str, *, after: float = 0.0) -> None:
    """All methods fail so."""
    for ask in (
        lambda: store.get(key("one")),
        lambda: store.put(key("one"), b"row", labels()),
        store.rows,
        store.clear,
        store.stats,
        lambda: store.lock(key("one"), "me", 10),
        lambda: store.unlock(key("one"), "me"),
        lambda: shared.take(CLAIM),
    ):
        with fails(match, after=after):
            await ask()


@on_slow_clock
async def test_a_server_that_is_down_is_a_connection_error_at_once(server: RedisServer) -> None:
    """And when it is up, it is asked again."""
    server.stop()
    async with opened(store_at(server.url)) as store, opened(state_at(server.url)) as shared:
        await everything(store, shared, "cannot be reached")
        server.start()
        assert await store.get(key("one")) is None
        assert (await shared.take(CLAIM)).wait == 0


@on_slow_clock
async def test_a_server_that_dies_in_mid_use_is_found_again(server: RedisServer) -> None:
    """With nothing in it, and without its scripts; no connection is left over."""
    async with opened(store_at(server.url)) as store, opened(state_at(server.url)) as shared:
        for number in range(3):
            await store.put(key("one"), b"row", labels())
            assert await store.lock(key(number), "me", 10)
            assert (await shared.take(CLAIM)).wait == 0
            server.stop()
            await everything(store, shared, "cannot be reached")
            server.start()
            assert await store.get(key("one")) is None
            assert await store.lock(key(number), "you", 10)
            assert (await shared.take(CLAIM)).wait == 0
            await until(lambda: server.connections() == 2)


@on_slow_clock
async def test_a_server_that_is_frozen_is_given_up_in_time(server: RedisServer) -> None:
    """Whether the connection is open or not; thawed, it answers again, on one connection each."""
    check = LeakCheck()
    async with opened(store_at(server.url)) as store, opened(state_at(server.url)) as shared:
        await store.put(key("one"), b"row", labels())
        await shared.take(CLAIM)
        with server.frozen(), jumping():
            await everything(store, shared, "did not answer within 20 s", after=TIMEOUT)
        assert await store.get(key("one")) == b"row"
        assert (await shared.take(CLAIM)).wait == 0
        await until(lambda: server.connections() == 2)
    check.assert_clean()


@on_slow_clock
async def test_many_calls_to_a_frozen_server_end_together(server: RedisServer) -> None:
    """None waits for another, and none is left waiting."""
    async with opened(store_at(server.url)) as store:
        assert await store.get(key("one")) is None
        with server.frozen(), jumping():
            failed = 0

            async def ask(number: int) -> None:
                nonlocal failed
                with fails("did not answer|cannot be reached", after=TIMEOUT):
                    await store.get(key(number))
                failed += 1

            async with trio.open_nursery() as nursery:
                for number in range(300):
                    nursery.start_soon(ask, number)
            assert failed == 300
        assert await store.get(key("one")) is None
        await until(lambda: server.connections() == 1)


async def test_who_comes_while_a_connection_is_opened_in_vain_has_time_of_his_own(server: RedisServer) -> None:
    """That it takes too long for the one who began it is nothing to him."""
    proxy = FaultProxy(server.port, BlackHole())
    async with proxy, opened(store_at(proxy.through(server.url))) as store, trio.open_nursery() as nursery:

        async def ask() -> None:
            with hurried(store), pytest.raises(ConnectionError, match="did not answer"):
                await store.get(key("one"))

        nursery.start_soon(ask)
        await until(lambda: proxy.counts.connections, TIMEOUT)
        proxy.set()
        store._link.timeout = TIMEOUT
        assert await store.get(key("one")) is None


@on_slow_clock
async def test_a_late_answer_is_given_to_nobody_else(server: RedisServer) -> None:
    """What a frozen server says when it is thawed was asked by somebody who has gone."""
    async with opened(store_at(server.url)) as store:
        for name in ("one", "two"):
            await store.put(key(name), name.encode(), labels())
        for _ in range(5):
            sick = store._link._connection
            with server.frozen(), jumping(), fails("did not answer", after=TIMEOUT):
                await store.get(key("one"))
            assert await store.get(key("two")) == b"two"
            assert store._link._connection is not sick


@on_slow_clock
async def test_a_full_server_says_so_and_reading_goes_on(server: RedisServer) -> None:
    """The error is a `ConnectionError`, so that the client leaves the store alone for a while."""
    server.ask(b"CONFIG SET maxmemory-policy noeviction")
    async with opened(store_at(server.url)) as store, opened(state_at(server.url)) as shared:
        await store.put(key("one"), b"row", labels())
        server.ask(b"CONFIG SET maxmemory 1")
        with fails("OOM"):
            await store.put(key("two"), b"x" * 3_000_000, labels())
        with fails("OOM"):
            await shared.take(Claim("e", (Rate("r", 1, 10, 1),)))
        assert await store.get(key("one")) == b"row"
        server.ask(b"CONFIG SET maxmemory 0")
        await store.put(key("two"), b"x" * 3_000_000, labels())
        assert (await shared.take(CLAIM)).wait == 0


async def test_a_server_that_makes_room_keeps_working(server: RedisServer) -> None:
    """The policy that the documentation advises: rows go, nothing fails."""
    server.ask(b"CONFIG SET maxmemory-policy allkeys-lru")
    server.ask(b"CONFIG SET maxmemory 8mb")
    async with opened(store_at(server.url)) as store:
        for number in range(200):
            await store.put(key(number), b"%d" % number * 50_000, labels())
        found = [await store.get(key(number)) for number in range(200)]
        assert found[199] == b"199" * 50_000
        assert found.count(None) > 100
        assert all(row in {None, b"%d" % number * 50_000} for number, row in enumerate(found))
        assert 0 < ((await store.stats()).rows or 0) < 100


@on_slow_clock
async def test_a_wrong_password_is_told_and_never_shown(server: RedisServer) -> None:
    """Neither in the error nor in the place; the right one works, in the URL or beside it."""
    server.ask(b"CONFIG SET requirepass s3cret")
    where = server.url.removeprefix("redis://")
    for url in (f"redis://:s3cret-not@{where}", server.url):
        async with opened(store_at(url)) as store, opened(state_at(url)) as shared:
            await everything(store, shared, "refuses: (WRONGPASS|NOAUTH|invalid username|HELLO|Authentication)")
    for url, password in ((f"redis://:s3cret@{where}", None), (server.url, Secret("s3cret"))):
        async with opened(store_at(Secret(url), password=password)) as store:
            await store.put(key("one"), b"row", labels())
            assert await store.get(key("one")) == b"row"
            place = (await store.stats()).place
            assert place == server.url
            assert "s3cret" not in repr(vars(store)) + repr(vars(store._link))


@on_slow_clock
async def test_a_user_who_may_not_is_told_what_he_lacks(server: RedisServer) -> None:
    server.ask(b"ACL SETUSER poor on >pw ~claif:* +get +hello +client +select +ping")
    url = server.url.replace("//", "//poor:pw@")
    async with opened(store_at(url)) as store:
        assert await store.get(key("one")) is None
        with fails("refuses"):
            await store.put(key("one"), b"row", labels())


@on_slow_clock
async def test_a_connection_that_is_cut_in_the_middle_of_an_answer_is_replaced(server: RedisServer) -> None:
    """Half a row is no row."""
    row = b"x" * 2_000_000
    async with FaultProxy(server.port) as proxy, opened(store_at(proxy.through(server.url))) as store:
        await store.put(key("one"), row, labels())
        assert await store.get(key("one")) == row
        proxy.set(Cut(500_000))
        with fails("cannot be reached, or the connection was lost"):
            await store.get(key("one"))
        proxy.set()
        assert await store.get(key("one")) == row
        await until(lambda: server.connections() == 1)


async def test_closing_while_the_server_is_down_ends_soon_and_without_an_error(server: RedisServer) -> None:
    """What was not sent is given up: claims stand, and leases end."""
    async with opened(state_at(server.url)) as shared:
        verdict = await shared.take(CLAIM)
        server.stop()
        for _ in range(1000):
            shared.settle(Settlement(CLAIM, verdict, used=(0,), spent=0))
        started = time.monotonic()
        await shared.aclose()
        assert time.monotonic() - started < TIMEOUT


async def test_settlements_wait_for_a_server_that_is_away(server: RedisServer) -> None:
    """Those that could not be sent are sent when it is back; of too many, the oldest are given up."""
    async with opened(state_at(server.url)) as shared:
        verdict = await shared.take(CLAIM)
        server.stop()
        shared.settle(Settlement(CLAIM, verdict))
        shared.close_endpoint("e", 60)
        await trio.sleep(0.1)
        server.start()
        server.command(b"ZADD", "claif:place:p", 10**18, "me")
        await until(lambda: not server.command(b"ZCARD", "claif:place:p"), TIMEOUT)
        await until(lambda: server.command(b"EXISTS", "claif:closed:e"), TIMEOUT)


async def test_that_an_endpoint_is_left_alone_is_not_told_when_it_is_over(server: RedisServer) -> None:
    """The time counts from when it was said, however late the server hears of it."""
    async with opened(state_at(server.url)) as shared:
        server.stop()
        shared.close_endpoint("short", 0.1)
        shared.close_endpoint("long", 60)
        await trio.sleep(1.2)
        server.start()
        await until(lambda: server.command(b"PTTL", "claif:closed:long") > 0, TIMEOUT)
        assert server.command(b"PTTL", "claif:closed:long") < 59_000
        assert not server.command(b"EXISTS", "claif:closed:short")


async def test_what_may_have_arrived_is_not_settled_twice(server: RedisServer) -> None:
    """A budget that were given back twice could be overrun. Only the place is given back once more."""
    async with opened(state_at(server.url)) as shared:
        verdict = await shared.take(CLAIM)
        await shared.take(CLAIM)
        sick = shared._link._connection
        with server.frozen(), hurried(shared):
            shared.settle(Settlement(CLAIM, verdict, used=(0,), spent=0.04))
            await until(lambda: shared._link._connection is not sick, TIMEOUT)
        await until(lambda: not (server.command(b"ZCARD", "claif:place:p") or shared._queue), TIMEOUT)
        await shared.aclose()
        assert server.command(b"GET", "claif:budget:b") == b"140000"


async def test_what_was_lost_is_told_once_more_if_that_does_no_harm(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network swallows it, which nobody can know: the worst case stands, but nobody waits for the lease."""
    async with FaultProxy(server.port) as proxy, opened(state_at(proxy.through(server.url))) as shared:
        verdict = await shared.take(CLAIM)
        drop, held = shared._link.drop, []

        def given_up() -> None:
            drop()
            held.append(server.command(b"ZCARD", "claif:place:p"))
            proxy.set()

        monkeypatch.setattr(shared._link, "drop", given_up)
        with hurried(shared):
            proxy.set(BlackHole())
            shared.settle(Settlement(CLAIM, verdict, used=(0,), spent=0.04))
            shared.close_endpoint("e", 60)
            await until(lambda: held, TIMEOUT)
        assert held == [1]
        await until(lambda: not server.command(b"ZCARD", "claif:place:p"), TIMEOUT)
        await until(lambda: server.command(b"EXISTS", "claif:closed:e"), TIMEOUT)
        assert server.command(b"GET", "claif:budget:b") == b"100000"


@on_slow_clock
async def test_by_itself_a_server_has_a_quarter_of_a_second(server: RedisServer) -> None:
    async with opened(RedisStore(server.url)) as store, opened(RedisState(server.url)) as shared:
        assert await store.get(key("one")) is None
        assert (await shared.take(Claim("e"))).wait == 0
        for ask in (lambda: store.get(key("one")), lambda: shared.take(CLAIM)):
            with server.frozen(), jumping(), fails("did not answer within 0.25 s", after=0.25):
                await ask()


@on_slow_clock
async def test_a_claim_whose_answer_is_lost_keeps_no_place(server: RedisServer) -> None:
    """It may have been let in after all."""
    async with opened(state_at(server.url)) as shared:
        await shared.take(Claim("e"))
        sick = shared._link._connection
        with server.frozen(), jumping(), fails("did not answer", after=TIMEOUT):
            await shared.take(CLAIM)
        await shared.take(Claim("e"))
        assert shared._link._connection is not sick
        await until(lambda: not server.command(b"ZCARD", "claif:place:p"))


@on_slow_clock
async def test_a_store_that_is_not_running_says_so(server: RedisServer) -> None:
    store, shared = store_at(server.url), state_at(server.url)
    await everything(store, shared, "is not open")
    async with opened(store):
        assert await store.get(key("one")) is None
    with fails("is not open"):
        await store.get(key("one"))
    shared.settle(Settlement(CLAIM, (await take_once(server))))
    await shared.aclose()


async def take_once(server: RedisServer):
    async with opened(state_at(server.url)) as shared:
        return await shared.take(CLAIM)


async def test_nothing_is_left_open_whatever_moment_it_is_closed_at(server: RedisServer, tmp_path: Path) -> None:
    """Also while a connection is being opened."""
    check = LeakCheck()
    for number in range(40):
        async with trio.open_nursery() as nursery:
            store = store_at(server.url)
            await nursery.start(store.run)
            nursery.start_soon(store.get, key("one"))
            await trio.sleep(number * 0.0001)
            nursery.cancel_scope.cancel()
    check.assert_clean()
    await until(lambda: not server.connections(), TIMEOUT)
