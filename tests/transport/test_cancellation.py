"""Cancelled at any moment, a request leaves no connection, no task and no slot behind."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import trio
from transport.support import OK, SSE_HEAD, Connection, chunk, serve

from claif.transport.http import HTTP

ROUNDS = 400
AT_ONCE = 16


@contextmanager
def busy(threads: int) -> Iterator[None]:
    """Keep the interpreter contended meanwhile."""
    stop = threading.Event()

    def spin() -> None:
        while not stop.is_set():
            sum(range(200))

    workers = [threading.Thread(target=spin) for _ in range(threads)]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        stop.set()
        for worker in workers:
            worker.join()


async def stream_slowly(connection: Connection) -> None:
    """Five events, a millisecond apart."""
    while await connection.request() is not None:
        await connection.send(SSE_HEAD)
        for number in range(5):
            await connection.send(chunk(b"data: %d\n\n" % number))
            await trio.sleep(0.001)
        await connection.send(chunk(b""))


@pytest.mark.parametrize("threads", [0, 2])
async def test_cancelled_at_random_moments_nothing_is_left_behind(threads: int) -> None:
    chance = random.Random(threads)
    async with serve(stream_slowly) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)
        limit = trio.CapacityLimiter(AT_ONCE)

        async def ask(patience: float, whole: bool) -> None:
            async with limit:
                with trio.move_on_after(patience):
                    if whole:
                        await endpoint.request("POST", "/", body=b"{}")
                        return
                    async with endpoint.stream("POST", "/", body=b"{}") as response:
                        async for _ in response.sse():
                            pass

        with busy(threads):
            async with trio.open_nursery() as nursery:
                for _ in range(ROUNDS):
                    nursery.start_soon(ask, chance.uniform(0, 0.02), chance.random() < 0.3)
            assert endpoint._pool.busy == set()
            assert [connection for connection in endpoint._pool.idle if not connection.is_idle()] == []
            async with trio.open_nursery() as nursery:
                for _ in range(AT_ONCE):
                    nursery.start_soon(endpoint.request, "POST", "/")
        await http.aclose()
        await server.wait_until_open(0)


async def test_cancelled_while_connecting_leaves_nothing_behind() -> None:
    listener = await trio.open_tcp_listeners(0, host="127.0.0.1", backlog=1)
    port = listener[0].socket.getsockname()[1]
    fill = [await trio.open_tcp_stream("127.0.0.1", port) for _ in range(2)]
    async with HTTP() as http:
        endpoint = http.endpoint(f"http://127.0.0.1:{port}")
        for _ in range(3):
            with trio.move_on_after(0.02) as scope:
                await endpoint.request("GET", "/")
            assert scope.cancelled_caught
        assert endpoint._pool.busy == set()
    for stream in [*fill, *listener]:
        await stream.aclose()


async def test_cancelled_while_sending_closes_the_connection() -> None:
    async def handler(_connection: Connection) -> None:
        await trio.sleep_forever()

    async with serve(handler) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)
        with trio.move_on_after(0.1) as scope:
            await endpoint.request("POST", "/", body=bytes(30_000_000))
        assert scope.cancelled_caught
        assert not endpoint._pool.busy
        assert not endpoint._pool.idle


async def test_cancelled_before_it_begins_nothing_is_sent() -> None:
    async def handler(connection: Connection) -> None:
        while await connection.request() is not None:
            await connection.send(OK)

    async with serve(handler) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)
        with trio.CancelScope() as scope:
            scope.cancel()
            await endpoint.request("POST", "/", body=b"{}")
        assert server.requests == []
