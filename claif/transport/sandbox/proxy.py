"""The sandbox's proxy: lets a child without a network reach the hosts of its provider, and nobody else."""

from __future__ import annotations

import base64
import re
import ssl
from typing import TYPE_CHECKING

import trio

from ...errors import ClaifError, SandboxError
from ...logs import logger
from ..base_url import BaseURL
from ..proxies import find_proxy, proxy_name
from .proxy_request import HTTP_PORT, LONGEST, Place, Request, parse_hosts, parse_request

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import httpcore2

MOST_CONNECTIONS = 256
HEAD_SECONDS = 30.0
"""Seconds that a client may take to say what it wants."""
CONNECT_SECONDS = 60.0
_CHUNK = 65536
_GRACE = 1.0
"""Seconds for what still runs when the proxy is ended."""

_Failures = (OSError, trio.BrokenResourceError, trio.ClosedResourceError, trio.TooSlowError, ClaifError)


class _RefusedError(Exception):
    """Says with which status a client is refused."""


class Proxy:
    """A proxy for one child.

    Args:
        hosts: what it lets through, as `name` or `name:port`; port 443 where none is said.
        listeners: where it listens; they are closed with it.

    Raises:
        SandboxError: a host is none, or can only be reached through a kind of proxy that is not understood.
    """

    def __init__(self, hosts: Collection[str], listeners: Sequence[trio.SocketListener]) -> None:
        try:
            self._places = parse_hosts(hosts)
        except ValueError as error:
            raise SandboxError(f"The sandbox's proxy cannot be told what to let through: {error}.") from None
        self._before = {place: _proxy_before(place) for place in self._places}
        self._listeners = listeners
        self._limit = trio.CapacityLimiter(MOST_CONNECTIONS)
        self._scope = trio.CancelScope()
        self._ended = trio.Event()

    async def serve(self) -> None:
        """Serve until `close`; failures of single connections end only these."""
        try:
            with self._scope:
                await trio.serve_listeners(self._serve_one, list(self._listeners))
        finally:
            self._ended.set()

    async def close(self) -> None:
        """End all connections; bounded, also when cancelled."""
        self._scope.cancel()
        with trio.move_on_after(_GRACE, shield=True):
            await self._ended.wait()

    async def _serve_one(self, client: trio.SocketStream) -> None:
        async with self._limit, client:
            try:
                await self._lead(client)
            except _RefusedError as refusal:
                await _refuse(client, str(refusal))
            except _Failures:
                return  # One of the two has gone.

    async def _lead(self, client: trio.SocketStream) -> None:
        request, rest = await _read_request(client)
        if request.place not in self._places:
            logger.info("the sandbox's proxy refused {}:{}", *request.place)
            raise _RefusedError("403 Forbidden")
        try:
            with trio.fail_after(CONNECT_SECONDS):
                server, early = await _connect(request.place, self._before[request.place])
        except _Failures as error:
            logger.info("the sandbox's proxy cannot reach {}:{}: {}", *request.place, error)
            raise _RefusedError("502 Bad Gateway") from None
        async with server:
            if request.tunnel:
                await client.send_all(b"HTTP/1.1 200 Connection established\r\n\r\n" + early)
            await server.send_all(request.head + rest)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_pass_on, client, server)
                await _pass_on(server, client)


def _proxy_before(place: Place) -> httpcore2.Proxy | None:
    """The proxy that leads to a host from here, by our own environment."""
    host, port = place
    url = BaseURL("https", host, port, "", loopback=host in {"localhost", "::1"} or host.startswith("127."))
    found = find_proxy(url, ssl.create_default_context)
    if found is not None and found.url.scheme != b"http":
        raise SandboxError(
            f"{host} is behind the proxy {proxy_name(found)}, whose protocol the sandbox's proxy does not speak.",
            hint='Set sandbox.network to "open", or name a proxy that begins with http:// in HTTPS_PROXY.',
        )
    return found


async def _read_request(client: trio.SocketStream) -> tuple[Request, bytes]:
    """The first request of a client, and what it has already sent behind its head."""
    try:
        with trio.fail_after(HEAD_SECONDS):
            head, rest = await _read_head(client)
    except trio.TooSlowError:
        raise _RefusedError("408 Request Timeout") from None
    request = parse_request(head)
    if request is None:
        raise _RefusedError("400 Bad Request")
    return request, rest


async def _read_head(stream: trio.SocketStream) -> tuple[bytes, bytes]:
    """What comes up to and with an empty line, and what comes behind it.

    Raises:
        OSError: it ends before, or is too long.
    """
    data = b""
    while b"\r\n\r\n" not in data:
        part = await stream.receive_some(_CHUNK)
        if not part or len(data) > LONGEST:
            raise ConnectionAbortedError("no head of HTTP")
        data += part
    head, line, rest = data.partition(b"\r\n\r\n")
    return head + line, rest


async def _connect(place: Place, before: httpcore2.Proxy | None) -> tuple[trio.SocketStream, bytes]:
    """A connection to a host, and what has already come from it.

    Raises:
        OSError: it cannot be reached.
    """
    if before is None:
        return await trio.open_tcp_stream(*place), b""
    stream = await trio.open_tcp_stream(before.url.host.decode(), before.url.port or HTTP_PORT)
    try:
        return stream, await _ask(stream, place, before)
    except BaseException:
        await trio.aclose_forcefully(stream)
        raise


async def _ask(stream: trio.SocketStream, place: Place, proxy: httpcore2.Proxy) -> bytes:
    """Ask another proxy for a tunnel; returns what came behind its answer."""
    host, port = place
    name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    head = f"CONNECT {name} HTTP/1.1\r\nHost: {name}\r\n"
    if proxy.auth is not None:
        head += f"Proxy-Authorization: Basic {base64.b64encode(b':'.join(proxy.auth)).decode()}\r\n"
    await stream.send_all(head.encode() + b"\r\n")
    answer, rest = await _read_head(stream)
    if not re.match(rb"HTTP/1\.[01] 2", answer):
        raise ConnectionRefusedError(f"{proxy_name(proxy)} refused it")
    return rest


async def _pass_on(source: trio.abc.ReceiveStream, target: trio.abc.HalfCloseableStream) -> None:
    try:
        async for data in source:
            await target.send_all(data)
        await target.send_eof()
    except _Failures:
        await trio.aclose_forcefully(source)
        await trio.aclose_forcefully(target)


async def _refuse(client: trio.SocketStream, status: str) -> None:
    answer = f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with trio.move_on_after(_GRACE):
        try:
            await client.send_all(answer.encode())
        except _Failures:
            return
