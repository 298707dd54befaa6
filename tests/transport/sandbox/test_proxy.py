"""The sandbox's proxy: the named hosts and nobody else, whatever a client does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from transport.proxy import http_proxy
from transport.support import OK, Connection, refusing, serve

from claif.errors import SandboxError
from claif.transport.sandbox import proxy as room
from claif.transport.sandbox.proxy import Proxy


@asynccontextmanager
async def proxied(*hosts: str) -> AsyncIterator[tuple[Proxy, int]]:
    """A proxy at a port."""
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listeners[0].socket.getsockname()[1]
    async with trio.open_nursery() as nursery:
        proxy = Proxy(hosts, listeners)
        nursery.start_soon(proxy.serve)
        yield proxy, port
        await proxy.close()


async def until_the_end(stream: trio.abc.ReceiveStream) -> bytes:
    return b"".join([bytes(data) async for data in stream])


async def ask(port: int, data: bytes) -> bytes:
    """What comes back for these bytes."""
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        await stream.send_all(data)
        return await until_the_end(stream)


async def echo(connection: Connection) -> None:
    """Says back what it is told, then that it has heard the end."""
    stream = connection.stream
    while data := await stream.receive_some(65_536):
        await stream.send_all(data)
    await stream.send_all(b"<end>")


async def test_a_tunnel_passes_everything_both_ways_and_each_end_by_itself():
    async with (
        serve(echo) as server,
        proxied(f"127.0.0.1:{server.port}") as (_, port),
        await trio.open_tcp_stream("127.0.0.1", port) as stream,
    ):
        await stream.send_all(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n\r\nearly".encode())
        await stream.send_all(b"x" * 300_000)
        await stream.send_eof()
        got = await until_the_end(stream)
    assert got == b"HTTP/1.1 200 Connection established\r\n\r\nearly" + b"x" * 300_000 + b"<end>"


async def answer_once(connection: Connection) -> None:
    """As a server does that is told that the connection will close."""
    request = await connection.request()
    assert request.headers["connection"] == "close"
    await connection.send(OK)


async def test_a_request_in_clear_text_goes_to_its_host():
    async with serve(answer_once) as server, proxied(f"127.0.0.1:{server.port}") as (_, port):
        got = await ask(port, f"GET http://127.0.0.1:{server.port}/a?b HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert got == OK
    assert [(request.method, request.target) for request in server.requests] == [("GET", "/a?b")]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n", b"403"),
        ("CONNECT allowed.test:444 HTTP/1.1\r\n\r\n", b"403"),
        ("CONNECT allowed.test.evil.test:443 HTTP/1.1\r\n\r\n", b"403"),
        ("CONNECT evil.test:443 HTTP/1.1\r\nHost: allowed.test:443\r\n\r\n", b"403"),
        ("GET http://allowed.test/ HTTP/1.1\r\n\r\n", b"403"),
        ("GET http://127.0.0.1:{port}/ HTTP/1.1\r\nHost: allowed.test\r\n\r\n", b"403"),
        ("GET / HTTP/1.1\r\nHost: allowed.test\r\n\r\n", b"400"),
        ("CONNECT http://allowed.test HTTP/1.1\r\n\r\n", b"400"),
    ],
)
async def test_whoever_is_not_named_is_refused_without_a_connection(said, status):
    async with serve(echo) as server, proxied("allowed.test") as (_, port):
        got = await ask(port, said.replace("{port}", str(server.port)).encode())
    assert got.startswith(b"HTTP/1.1 " + status)
    assert server.connections == 0


async def test_a_host_that_does_not_answer_is_a_bad_gateway():
    with refusing() as silent:
        async with proxied(f"127.0.0.1:{silent}") as (_, port):
            got = await ask(port, f"CONNECT 127.0.0.1:{silent} HTTP/1.1\r\n\r\n".encode())
    assert got.startswith(b"HTTP/1.1 502")


async def test_a_client_that_says_too_much_or_nothing_is_left(monkeypatch):
    async with proxied("allowed.test") as (_, port):
        with monkeypatch.context() as impatient:
            impatient.setattr(room, "HEAD_SECONDS", 0.1)
            async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                assert (await until_the_end(stream)).startswith(b"HTTP/1.1 408")
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            with pytest.raises(trio.BrokenResourceError):
                while True:
                    await stream.send_all(b"x" * 65_536)
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(b"CONN")
            await stream.send_eof()
            assert await until_the_end(stream) == b""


async def test_the_end_of_the_proxy_ends_its_connections():
    async with serve(echo) as server, proxied(f"127.0.0.1:{server.port}") as (proxy, port):
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n\r\n".encode())
            await stream.receive_some()
            await proxy.close()
            assert await until_the_end(stream) == b""
            await server.wait_until_open(0)
        with pytest.raises(OSError, match=str(port)):
            await trio.open_tcp_stream("127.0.0.1", port)


async def test_a_broken_connection_ends_alone():
    async with serve(echo) as server, proxied(f"127.0.0.1:{server.port}") as (_, port):
        for _ in range(5):
            stream = await trio.open_tcp_stream("127.0.0.1", port)
            await stream.send_all(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n\r\n".encode())
            await stream.receive_some()
            stream.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            await stream.aclose()
        await server.wait_until_open(0)
        assert (await ask(port, b"GET / HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 400")


async def test_another_proxy_is_gone_through_where_the_environment_names_one(monkeypatch):
    async with serve(echo) as server, http_proxy(server.port, password="user:word") as outer:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:word@{outer.address}")
        async with proxied("api.test") as (_, port), await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(b"CONNECT api.test:443 HTTP/1.1\r\n\r\nhello")
            await stream.send_eof()
            got = await until_the_end(stream)
    assert got.startswith(b"HTTP/1.1 200 Connection established\r\n\r\nhello")
    assert outer.asked == ["CONNECT api.test:443"]


async def test_another_proxy_that_refuses_is_a_bad_gateway(monkeypatch):
    async with serve(echo) as server, http_proxy(server.port, password="user:word") as outer:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{outer.address}")
        async with proxied("api.test") as (_, port):
            got = await ask(port, b"CONNECT api.test:443 HTTP/1.1\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 502")
    assert server.connections == 0


def test_what_is_no_host_or_behind_another_kind_of_proxy_is_refused_at_once(monkeypatch):
    with pytest.raises(SandboxError, match=r"'\*' is no host"):
        Proxy(["*"], [])
    monkeypatch.setenv("HTTPS_PROXY", "https://proxy.test")
    with pytest.raises(SandboxError, match=r"https://proxy\.test"):
        Proxy(["api.test"], [])


@given(st.binary(max_size=300))
async def test_no_bytes_of_a_client_harm_the_proxy(data):
    async with proxied("allowed.test") as (_, port):
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            try:
                await stream.send_all(data)
                await stream.send_eof()
                got = await until_the_end(stream)
            except trio.BrokenResourceError:
                got = b""
        assert not got or got.startswith(b"HTTP/1.1 4")
        assert (await ask(port, b"GET / HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 400")
