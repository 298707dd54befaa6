"""One connection: an exchange at a time, kept only when both sides are done with it."""

from __future__ import annotations

import httpcore2
import pytest
import trio
from transport.support import OK, SSE_HEAD, Connection, answer, chunk, replies, serve

from claif.transport import connection as module
from claif.transport.network import Backend


def a_request(body: bytes = b"{}") -> httpcore2.Request:
    """A request as an endpoint makes it."""
    headers = [(b"Host", b"a"), (b"Content-Length", b"%d" % len(body))]
    return httpcore2.Request("POST", "http://a/", headers=headers, content=body)


async def connect(port: int) -> module.Connection:
    """An open connection."""
    return module.Connection(await Backend(tls=False).connect_tcp("127.0.0.1", port), keepalive=4.0)


async def test_an_answer_read_to_its_end_frees_the_connection_and_ends_only_once() -> None:
    async with serve(replies(answer(b"x"))) as server:
        connection = await connect(server.port)
        for _ in range(3):
            response = await connection.handle_async_request(a_request())
            assert not connection.is_available()
            assert [part async for part in response.stream] == [b"x"]  # type: ignore[union-attr] # it is asynchronous
            assert [part async for part in response.stream] == []  # type: ignore[union-attr] # it is asynchronous
            await response.aclose()
            await response.aclose()
            assert connection.is_available()
            assert not connection.has_expired()
        await connection.aclose()
        assert connection.is_closed()


@pytest.mark.parametrize("rest", [b"HTTP/1.1 200 OK\r\n\r\n", b"garbage"])
async def test_what_follows_an_answer_is_never_taken_for_the_next_one(rest: bytes) -> None:
    async with serve(replies(OK + rest)) as server:
        connection = await connect(server.port)
        response = await connection.handle_async_request(a_request())
        assert b"".join([part async for part in response.stream]) == b"{}"  # type: ignore[union-attr] # as above
        await response.aclose()
        assert connection.is_closed()


@pytest.mark.parametrize("head", [b"Connection: close\r\n", b""])
async def test_an_answer_that_is_left_or_says_close_closes_the_connection(head: bytes) -> None:
    body = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + head + b"\r\n{}"
    async with serve(replies(body)) as server:
        connection = await connect(server.port)
        response = await connection.handle_async_request(a_request())
        if head:
            assert [part async for part in response.stream] == [b"{}"]  # type: ignore[union-attr] # as above
        await response.aclose()
        assert connection.is_closed()
        await server.wait_until_open(0)


async def test_cancelled_while_it_waits_or_reads_the_connection_is_closed() -> None:
    async def handler(connection: Connection) -> None:
        await connection.request()
        if connection.number % 2:
            await connection.send(SSE_HEAD + chunk(b"x"))
        await connection.request()

    async with serve(handler) as server:
        for _ in range(4):
            connection = await connect(server.port)
            with trio.move_on_after(0.05) as scope:
                response = await connection.handle_async_request(a_request())
                try:
                    async for _ in response.stream:  # type: ignore[union-attr] # as above
                        pass
                finally:
                    await response.aclose()
            assert scope.cancelled_caught
            assert connection.is_closed()
        await server.wait_until_open(0)


async def test_a_request_that_is_no_http_is_not_sent() -> None:
    async with serve(replies(OK)) as server:
        connection = await connect(server.port)
        request = a_request()
        request.headers = [(b"Host", b"a"), (b"x", b"a\nb")]
        with pytest.raises(httpcore2.LocalProtocolError):
            await connection.handle_async_request(request)
        assert connection.is_closed()
        assert server.requests == []
