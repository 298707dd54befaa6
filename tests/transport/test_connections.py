"""Connections are kept, shared and closed; a request that meets the closing of one is sent once more, others never."""

from __future__ import annotations

from functools import partial

import pytest
import trio
from patience import until
from transport.support import OK, Connection, answer, replies, serve

from claif.errors import ClientClosedError, ConnectionError
from claif.transport.http import HTTP


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that closes is heard of in time, and one that is kept does not grow old, on a slow machine too."""
    monkeypatch.setattr("claif.transport.network.RACE", 60.0)
    monkeypatch.setattr("claif.transport.connections.KEEPALIVE", 60.0)


async def test_connections_are_kept_and_shared_by_all_endpoints_of_an_origin() -> None:
    async with serve(replies(OK)) as server, HTTP() as http:
        for path in ("/a", "/b"):
            endpoint = http.endpoint(server.url + path)
            for _ in range(5):
                await endpoint.request("GET", "/")
        assert server.connections == 1
        await http.aclose()
        await server.wait_until_open(0)


async def test_as_many_requests_as_wanted_run_together_and_their_connections_are_used_again() -> None:
    arrived = 0
    all_there = trio.Event()

    async def handler(connection: Connection) -> None:
        nonlocal arrived
        while await connection.request() is not None:
            arrived += 1
            if arrived == 60:
                all_there.set()
            await all_there.wait()
            await connection.send(OK)

    async with serve(handler) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)
        for _ in range(2):
            async with trio.open_nursery() as nursery:
                for _ in range(60):
                    nursery.start_soon(endpoint.request, "GET", "/")
        assert server.connections == 60


async def test_a_reset_in_the_middle_is_a_lost_connection() -> None:
    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")
        await connection.request()

    resets: list[Connection] = []

    async def resetting(connection: Connection) -> None:
        resets.append(connection)
        await handler(connection)

    async with serve(resetting) as server, HTTP() as http, trio.open_nursery() as nursery:

        async def reset_soon() -> None:
            await server.wait_for_requests(1)
            await resets[0].reset()

        nursery.start_soon(reset_soon)
        with pytest.raises(ConnectionError):
            await http.endpoint(server.url).request("GET", "/")


async def test_closing_is_idempotent_and_ends_what_runs() -> None:
    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.request()

    async with serve(handler) as server, HTTP() as http, trio.open_nursery() as nursery:
        endpoint = http.endpoint(server.url)

        async def ask() -> None:
            with pytest.raises(ConnectionError):
                await endpoint.request("GET", "/")

        nursery.start_soon(ask)
        await server.wait_until_open(1)
        await server.wait_for_requests(1)
        await http.aclose()
        await http.aclose()
        await server.wait_until_open(0)
        with pytest.raises(ClientClosedError):
            await endpoint.request("GET", "/")


async def test_a_connection_that_is_made_while_the_client_closes_is_closed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve(replies(OK)) as server:
        http = HTTP()
        connect = trio.open_tcp_stream

        async def connect_and_close(*arguments: object, **options: object) -> trio.SocketStream:
            stream = await connect(*arguments, **options)
            await http.aclose()
            return stream

        monkeypatch.setattr(trio, "open_tcp_stream", connect_and_close)
        with pytest.raises(ClientClosedError):
            await http.endpoint(server.url).request("GET", "/")
        await server.wait_until_open(0)


async def test_a_request_that_meets_the_closing_of_its_kept_connection_is_sent_once_more() -> None:
    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(OK)
        if connection.number == 1:
            # It takes the next request and hangs up without a word, as in a keep-alive race.
            await connection.request()
            return
        while await connection.request() is not None:
            await connection.send(OK)

    async with serve(handler) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)
        await endpoint.request("POST", "/", body=b"1")
        assert (await endpoint.request("POST", "/", body=b"2")).status == 200
        assert [request.body for request in server.requests] == [b"1", b"2", b"2"]
        assert (http.resent, server.connections) == (1, 2)
        await server.wait_until_open(1)


async def test_a_reset_of_a_kept_connection_counts_as_its_closing() -> None:
    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(OK)
        await connection.request()
        if connection.number == 1:
            await connection.reset()
        else:
            await connection.send(OK)

    async with serve(handler) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)
        for _ in range(2):
            await endpoint.request("POST", "/", body=b"1")
        assert http.resent == 1


async def test_a_request_is_never_sent_more_than_twice() -> None:
    async def handler(connection: Connection) -> None:
        await connection.request()
        if connection.number == 1:
            await connection.send(OK)
            await connection.request()

    async with serve(handler) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)
        await endpoint.request("GET", "/")
        with pytest.raises(ConnectionError, match="without an answer"):
            await endpoint.request("GET", "/")
        assert len(server.requests) == 3


async def test_a_request_on_a_fresh_connection_is_never_sent_again() -> None:
    async def handler(connection: Connection) -> None:
        await connection.request()

    async with serve(handler) as server, HTTP() as http:
        with pytest.raises(ConnectionError, match="without an answer"):
            await http.endpoint(server.url).request("POST", "/", body=b"1")
        assert (len(server.requests), http.resent) == (1, 0)


@pytest.mark.parametrize("part", [b"H", b"HTTP/1.1 200 OK\r\n"])
async def test_a_request_whose_answer_has_begun_is_never_sent_again(part: bytes) -> None:
    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(OK)
        await connection.request()
        await connection.send(part)

    async with serve(handler) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)
        await endpoint.request("GET", "/")
        with pytest.raises(ConnectionError, match="without an answer"):
            await endpoint.request("GET", "/")
        assert len(server.requests) == 2


async def test_a_request_that_is_lost_late_may_have_been_worked_on_and_is_not_sent_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("claif.transport.network.RACE", 0.0)

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(OK)
        await connection.request()

    async with serve(handler) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)
        await endpoint.request("GET", "/")
        with pytest.raises(ConnectionError, match="without an answer"):
            await endpoint.request("GET", "/")
        assert len(server.requests) == 2


async def test_a_connection_that_the_server_has_closed_is_not_used_again() -> None:
    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(OK)

    async with serve(handler) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)
        for _ in range(3):
            await endpoint.request("POST", "/", body=b"1")
            await until(lambda: all(connection.has_expired() for connection in endpoint._pool.idle))
        assert (server.connections, http.resent) == (3, 0)


async def test_idle_connections_are_kept_for_less_time_than_servers_keep_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("claif.transport.connections.KEEPALIVE", -1.0)
    async with serve(replies(OK)) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)
        for _ in range(3):
            await endpoint.request("GET", "/")
        assert server.connections == 3


async def test_nothing_is_connected_once_it_is_closed() -> None:
    async with serve(replies(OK)) as server:
        async with HTTP() as http:
            pass
        with pytest.raises(ClientClosedError):
            await http.endpoint(server.url).request("POST", "/", body=b"a prompt")
        assert server.connections == 0


async def test_requests_of_many_tasks_do_not_mix() -> None:
    async def handler(connection: Connection) -> None:
        while (request := await connection.request()) is not None:
            await trio.lowlevel.checkpoint()
            await connection.send(answer(request.body))

    async with serve(handler) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)

        async def ask(number: int) -> None:
            for turn in range(5):
                body = f"{number}-{turn}".encode()
                assert (await endpoint.request("POST", "/", body=body)).body == body

        async with trio.open_nursery() as nursery:
            for number in range(40):
                nursery.start_soon(partial(ask, number))
        assert server.connections <= 40
