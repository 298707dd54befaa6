"""A small proxy: forwards http, tunnels by CONNECT, and speaks SOCKS 5; every name leads to one port here."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
from attrs import define, field
from transport.support import Connection, serve


@define
class Proxy:
    """What a test sees of the proxy: whom it was asked for, and with which credentials."""

    port: int = 0
    asked: list[str] = field(factory=list)
    credentials: list[str | None] = field(factory=list)

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"


async def _pump(source: trio.abc.Stream, target: trio.abc.Stream) -> None:
    try:
        while data := await source.receive_some(65_536):
            await target.send_all(data)
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        return
    finally:
        await trio.aclose_forcefully(target)


async def _join(first: trio.abc.Stream, second: trio.abc.Stream) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_pump, first, second)
        await _pump(second, first)
        nursery.cancel_scope.cancel()


async def _exactly(stream: trio.abc.Stream, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = await stream.receive_some(count - len(data))
        if not piece:
            raise trio.BrokenResourceError
        data += bytes(piece)
    return data


@asynccontextmanager
async def http_proxy(port: int, *, password: str | None = None) -> AsyncIterator[Proxy]:
    """A proxy for http and https.

    Args:
        port: where every request is sent on to.
        password: `user:password` that it asks for.
    """
    proxy = Proxy()

    async def handler(connection: Connection) -> None:
        request = await connection.request()
        assert request is not None
        proxy.asked.append(f"{request.method} {request.target}")
        given = request.headers.get("proxy-authorization")
        proxy.credentials.append(given and base64.b64decode(given.removeprefix("Basic ")).decode())
        if password and proxy.credentials[-1] != password:
            await connection.send(b"HTTP/1.1 407 Proxy Authentication \x1b[31mRequired\r\nContent-Length: 0\r\n\r\n")
            return
        target = await trio.open_tcp_stream("127.0.0.1", port)
        if request.method == "CONNECT":
            await connection.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            await target.send_all(request.first)
        await _join(connection.stream, target)

    async with serve(handler) as server:
        proxy.port = server.port
        yield proxy


@asynccontextmanager
async def socks_proxy(port: int, *, password: str | None = None, reply: bytes = b"\0") -> AsyncIterator[Proxy]:
    """A SOCKS 5 proxy.

    Args:
        port: where every connection leads to.
        password: `user:password` that it asks for.
        reply: what it answers to a request for a connection; 0 is success.
    """
    proxy = Proxy()

    async def handler(connection: Connection) -> None:
        stream = connection.stream
        methods = await _exactly(stream, 2)
        offered = await _exactly(stream, methods[1])
        wanted = b"\x02" if password else b"\0"
        if wanted not in offered:
            await stream.send_all(b"\x05\xff")
            return
        await stream.send_all(b"\x05" + wanted)
        if password:
            user = await _exactly(stream, (await _exactly(stream, 2))[1])
            word = await _exactly(stream, (await _exactly(stream, 1))[0])
            proxy.credentials.append(f"{user.decode()}:{word.decode()}")
            good = proxy.credentials[-1] == password
            await stream.send_all(b"\x01\0" if good else b"\x01\x01")
            if not good:
                return
        head = await _exactly(stream, 4)
        assert head[3] == 3, "the proxy is asked for a name, so that it is the proxy that looks it up"
        host = await _exactly(stream, (await _exactly(stream, 1))[0])
        number = int.from_bytes(await _exactly(stream, 2), "big")
        proxy.asked.append(f"{host.decode()}:{number}")
        await stream.send_all(b"\x05" + reply + b"\0\x01\x7f\0\0\x01\0\0")
        if reply == b"\0":
            await _join(stream, await trio.open_tcp_stream("127.0.0.1", port))

    async with serve(handler) as server:
        proxy.port = server.port
        yield proxy
