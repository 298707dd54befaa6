"""A server of raw bytes on 127.0.0.1, for what no well-behaved server would do."""

from __future__ import annotations

import socket as sockets
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial

import trio
from attrs import define, field
from patience import until

from claif.pipeline.watchdog import Watch
from claif.transport.endpoint import Endpoint
from claif.transport.sse import Event

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
SSE_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """One HTTP chunk; an empty one ends the body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def answer(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """A whole response with a content length."""
    lines = (b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def sse(*data: bytes) -> bytes:
    """A whole stream of events, each in its own chunk."""
    return SSE_HEAD + b"".join(chunk(b"data: %b\n\n" % one) for one in data) + chunk(b"")


@define
class Request:
    """A request as it arrived; `first` is what came with the first read."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    first: bytes


class Connection:
    """The server's side of a connection."""

    def __init__(self, stream: trio.abc.Stream, number: int, requests: list[Request]) -> None:
        self.stream = stream
        self.number = number
        self._requests = requests
        self._buffer = b""

    async def request(self) -> Request | None:
        """The next request; `None` when the client has closed the connection."""
        first = b""
        while b"\r\n\r\n" not in self._buffer:
            data = bytes(await self.stream.receive_some(1 << 20))
            if not data:
                return None
            first = first or data
            self._buffer += data
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (text.partition(":") for text in lines)}
        while len(self._buffer) < int(headers.get("content-length", 0)):
            self._buffer += bytes(await self.stream.receive_some(1 << 20))
        length = int(headers.get("content-length", 0))
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        method, target, _ = line.split(" ")
        request = Request(method, target, headers, body, first)
        self._requests.append(request)
        return request

    async def send(self, data: bytes) -> None:
        """Send raw bytes."""
        await self.stream.send_all(data)

    async def reset(self) -> None:
        """Break the connection so that the client gets a reset instead of an orderly end."""
        stream = self.stream
        while isinstance(stream, trio.SSLStream):
            stream = stream.transport_stream
        assert isinstance(stream, trio.SocketStream)
        stream.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        await stream.aclose()


@contextmanager
def refusing() -> Iterator[int]:
    """A port at which nobody listens, and nobody else can meanwhile."""
    with sockets.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield int(holder.getsockname()[1])


Handler = Callable[[Connection], Awaitable[None]]


@define
class Server:
    """What a test sees of the server."""

    port: int = 0
    scheme: str = "http"
    connections: int = 0
    open: int = 0
    requests: list[Request] = field(factory=list)

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    async def wait_until_open(self, count: int) -> None:
        """Wait until as many connections are open."""
        await until(lambda: self.open == count)

    async def wait_for_requests(self, count: int) -> None:
        """Wait until as many requests have come."""
        await until(lambda: len(self.requests) >= count)


@asynccontextmanager
async def serve(
    handler: Handler, *, tls: ssl.SSLContext | None = None, uds: str | None = None
) -> AsyncIterator[Server]:
    """Run a server; each connection is handled by `handler` in a task of its own and closed when it returns."""
    server = Server(scheme="https" if tls else "http")
    listeners: list[trio.SocketListener]
    if uds:
        socket = trio.socket.socket(trio.socket.AF_UNIX, trio.socket.SOCK_STREAM)
        await socket.bind(uds)
        socket.listen(16)
        listeners = [trio.SocketListener(socket)]
    else:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        server.port = listeners[0].socket.getsockname()[1]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(partial(trio.serve_listeners, partial(_handle, server, handler, tls), listeners))
        try:
            yield server
        finally:
            nursery.cancel_scope.cancel()
            # Shielded: a cancellation here would take the place of the test's own failure.
            with trio.CancelScope(shield=True):
                for listener in listeners:
                    await listener.aclose()


async def _handle(server: Server, handler: Handler, tls: ssl.SSLContext | None, raw: trio.SocketStream) -> None:
    server.connections += 1
    server.open += 1
    stream: trio.abc.Stream = trio.SSLStream(raw, tls, server_side=True, https_compatible=True) if tls else raw
    try:
        await handler(Connection(stream, server.connections, server.requests))
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        pass
    finally:
        with trio.CancelScope(shield=True):
            await raw.aclose()
        server.open -= 1


def replies(*responses: bytes) -> Handler:
    """A handler that answers each request of a connection with the next response, the last one again and again."""

    async def handler(connection: Connection) -> None:
        left = list(responses)
        while await connection.request() is not None:
            await connection.send(left.pop(0) if len(left) > 1 else left[0])

    return handler


def redirect(location: str, status: bytes = b"307 Temporary Redirect") -> bytes:
    """A redirect."""
    return answer(b"", b"Location: " + location.encode(), status=status)


async def events_of(endpoint: Endpoint) -> list[Event]:
    """All events of one stream."""
    async with endpoint.stream("POST", "/", body=b"{}") as response:
        return [event async for batch in response.sse() for event in batch]


class Recorder(Watch):
    """Writes down what a watch is told."""

    __slots__ = ("told",)

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def connected(self) -> None:
        self.told.append("connected")

    def touch(self) -> None:
        self.told.append("touch")
