"""Streams: events as they come, and connections that always come back or are closed."""

from __future__ import annotations

import gzip

import pytest
import trio
from transport.support import SSE_HEAD, Connection, answer, chunk, events_of, replies, serve, sse

from claif.errors import ConnectionError, ProtocolError
from claif.transport.http import HTTP
from claif.transport.limits import Limits


async def test_events_come_as_they_are_sent() -> None:
    go_on = trio.Event()

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(SSE_HEAD + chunk(b"data: 1\n\n"))
        await go_on.wait()
        await connection.send(chunk(b"event: x\ndata: 2\n\ndata: 3\n\nda") + chunk(b"ta: 4\n\n") + chunk(b""))

    async with serve(handler) as server, HTTP() as http:
        async with http.endpoint(server.url).stream("POST", "/", body=b"{}") as response:
            assert (response.status, response.header("content-type")) == (200, "text/event-stream")
            events = response.sse()
            assert await anext(events) == [(None, "1")]
            go_on.set()
            rest = [event async for batch in events for event in batch]
        assert rest == [("x", "2"), (None, "3"), (None, "4")]


async def test_lines_come_as_they_are_sent() -> None:
    body = SSE_HEAD + chunk(b'{"a":1}\n{"b"') + chunk(b':2}\n\n{"c":3}') + chunk(b"")
    async with serve(replies(body)) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)
        async with endpoint.stream("GET", "/") as response:
            lines = [line async for batch in response.json_lines() for line in batch]
    assert lines == ['{"a":1}', '{"b":2}', '{"c":3}']


async def test_the_body_may_be_read_whole_or_in_pieces() -> None:
    async with serve(replies(answer(b"x" * 100_000))) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)
        async with endpoint.stream("GET", "/") as response:
            assert await response.read() == b"x" * 100_000
        async with endpoint.stream("GET", "/") as response:
            assert b"".join([piece async for piece in response.chunks()]) == b"x" * 100_000
        assert server.connections == 1


async def test_a_stream_read_to_its_end_gives_its_connection_back() -> None:
    async with serve(replies(sse(b"1", b"[DONE]"))) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)
        for _ in range(3):
            assert await events_of(endpoint) == [(None, "1"), (None, "[DONE]")]
        assert server.connections == 1


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What little is left of an answer is waited for, however slow this machine is."""
    monkeypatch.setattr("claif.transport.body.DRAIN_TIME", 20.0)


@pytest.mark.usefixtures("unhurried")
async def test_a_stream_left_at_its_last_event_gives_its_connection_back() -> None:
    async def handler(connection: Connection) -> None:
        while await connection.request() is not None:
            await connection.send(SSE_HEAD + chunk(b"data: [DONE]\n\n"))
            await trio.sleep(0.01)
            await connection.send(chunk(b": bye\n\n") + chunk(b""))

    async with serve(handler) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)
        for _ in range(3):
            async with endpoint.stream("GET", "/") as response:
                async for batch in response.sse():
                    if batch[-1] == (None, "[DONE]"):
                        break
        assert server.connections == 1


@pytest.mark.usefixtures("unhurried")
async def test_a_stream_that_was_not_read_at_all_gives_its_connection_back() -> None:
    async with serve(replies(sse(b"1"))) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)
        for _ in range(3):
            async with endpoint.stream("GET", "/"):
                pass
        assert server.connections == 1


async def test_a_stream_with_much_still_to_come_is_closed_and_not_read_on() -> None:
    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(SSE_HEAD)
        while True:
            await connection.send(chunk(b": " + b"x" * 10_000 + b"\n\n"))

    async with serve(handler) as server, HTTP() as http:
        async with http.endpoint(server.url).stream("GET", "/"):
            pass
        await server.wait_until_open(0)


async def test_a_stream_that_ends_late_is_closed_and_not_waited_for() -> None:
    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(SSE_HEAD + chunk(b"data: [DONE]\n\n"))
        await connection.request()

    async with serve(handler) as server, HTTP() as http:
        with trio.fail_after(20):
            async with http.endpoint(server.url).stream("GET", "/") as response:
                await anext(response.sse())
            await server.wait_until_open(0)


async def test_what_breaks_after_the_end_is_nobodys_error() -> None:
    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(SSE_HEAD + chunk(b"data: [DONE]\n\n") + b"garbage")

    async with serve(handler) as server, HTTP() as http:
        async with http.endpoint(server.url).stream("GET", "/") as response:
            await anext(response.sse())
        await server.wait_until_open(0)


async def test_connections_of_streams_are_closed_where_the_server_cannot_keep_them() -> None:
    async with serve(replies(sse(b"1"))) as server, HTTP() as http:
        endpoint = http.endpoint(server.url, keep_alive_streams=False)
        await endpoint.request("GET", "/")
        await endpoint.request("GET", "/")
        assert server.connections == 1
        for _ in range(2):
            async with endpoint.stream("GET", "/") as response:
                assert [batch async for batch in response.sse()] == [[(None, "1")]]
            await server.wait_until_open(0)
    assert [request.headers.get("connection") for request in server.requests] == [None, None, "close", "close"]


async def test_an_error_of_the_consumer_closes_the_connection_and_passes_unchanged() -> None:
    async with serve(replies(sse(b"1"))) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)

        async def consume() -> None:
            async with endpoint.stream("GET", "/") as response:
                async for _ in response.sse():
                    raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await consume()
        await server.wait_until_open(0)


async def test_a_cancellation_does_not_take_the_place_of_the_consumers_error() -> None:
    async with serve(replies(sse(b"1"))) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)

        async def consume() -> None:
            with trio.CancelScope() as scope:
                async with endpoint.stream("GET", "/") as response:
                    await anext(response.sse())
                    scope.cancel()
                    raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await consume()
        await server.wait_until_open(0)


@pytest.mark.parametrize("reset", [False, True])
async def test_a_cut_stream_gives_what_had_come_and_then_an_error(reset: bool) -> None:
    go_on = trio.Event()

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(SSE_HEAD + chunk(b"data: 1\n\n") + b"20\r\ndata: half")
        await go_on.wait()
        if reset:
            await connection.reset()

    async with serve(handler) as server, HTTP() as http:
        async with http.endpoint(server.url).stream("GET", "/") as response:
            events = response.sse()
            assert await anext(events) == [(None, "1")]
            go_on.set()
            with pytest.raises(ConnectionError, match="lost in the middle"):
                await anext(events)
        await server.wait_until_open(0)


async def test_a_stream_that_just_ends_tells_how_much_of_an_event_is_missing() -> None:
    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(b"HTTP/1.1 200 OK\r\n\r\ndata: 1\n\ndata: half")

    async with serve(handler) as server, HTTP() as http, http.endpoint(server.url).stream("GET", "/") as response:
        assert [batch async for batch in response.sse()] == [[(None, "1")]]
        assert response.dropped == len("data: half")


async def test_a_stream_may_be_compressed() -> None:
    packed = gzip.compress(b"data: 1\n\ndata: 2\n\n")
    body = SSE_HEAD.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")
    body += b"".join(chunk(packed[place : place + 7]) for place in range(0, len(packed), 7)) + chunk(b"")
    async with serve(replies(body)) as server, HTTP() as http:
        assert await events_of(http.endpoint(server.url)) == [(None, "1"), (None, "2")]


async def test_a_stream_larger_than_the_limit_is_stopped() -> None:
    async with serve(replies(sse(*[b"x"] * 1000))) as server, HTTP() as http:
        endpoint = http.endpoint(server.url, limits=Limits(total=5000))
        with pytest.raises(ProtocolError, match="more than 5,000 bytes"):
            await events_of(endpoint)
        await server.wait_until_open(0)


async def test_an_error_body_of_a_stream_can_be_read() -> None:
    async with serve(replies(answer(b'{"error": "no"}', status=b"500 x"))) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)
        async with endpoint.stream("GET", "/") as response:
            error = endpoint.error(response, await response.read())
        assert str(error) == "The provider answered 500 Internal Server Error: no"
