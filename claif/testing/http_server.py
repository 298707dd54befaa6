"""A small HTTP/1.1 server on trio: connections, keep-alive and framing; what is answered is the handler's business."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from json import loads
from typing import Any

import h11
import trio
from attrs import frozen

READ = 65_536


@frozen
class RecordedRequest:
    """A request as it arrived; the names of headers are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        """The body as JSON data."""
        return loads(self.body)


class HangUp(Exception):
    """Raised by a handler: break the connection now."""


class Exchange:
    """One request and the response to it."""

    def __init__(self, stream: trio.SocketStream, connection: h11.Connection, request: RecordedRequest) -> None:
        self.request = request
        self._stream = stream
        self._connection = connection

    async def begin(self, status: int, headers: Sequence[tuple[str, str]] = ()) -> None:
        """Send the status line and the headers; without a content length the body is chunked."""
        await self._send(h11.Response(status_code=status, headers=list(headers)))

    async def send(self, data: bytes) -> None:
        """Send a part of the body; what answers `HEAD` has none."""
        if self.request.method != "HEAD":
            await self._send(h11.Data(data=data))

    async def end(self) -> None:
        """End the body."""
        await self._send(h11.EndOfMessage())

    async def reply(self, status: int, body: bytes, headers: Sequence[tuple[str, str]] = ()) -> None:
        """Send a whole response."""
        await self.begin(status, [*headers, ("content-length", str(len(body)))])
        await self.send(body)
        await self.end()

    async def wait_for_hang_up(self) -> None:
        """Do nothing until the client closes the connection."""
        while await self._stream.receive_some(READ):
            continue
        raise HangUp

    async def _send(self, event: h11.Event) -> None:
        data = self._connection.send(event)
        if data:
            await self._stream.send_all(data)


Handler = Callable[[Exchange], Awaitable[None]]


async def _next_request(stream: trio.SocketStream, connection: h11.Connection, number: int) -> RecordedRequest | None:
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            if connection.they_are_waiting_for_100_continue:
                await stream.send_all(connection.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
            connection.receive_data(await stream.receive_some(READ))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            headers = {name.decode().lower(): value.decode("latin-1") for name, value in head.headers}
            return RecordedRequest(head.method.decode(), head.target.decode("latin-1"), headers, bytes(body), number)
        else:
            return None


async def serve_connection(stream: trio.SocketStream, number: int, handler: Handler) -> None:
    """Answer the requests of one connection until either side closes it.

    Args:
        stream: the connection; it is closed at the end.
        number: which connection of the server this is, counted from 1.
        handler: answers one request; raises `HangUp` to break the connection.
    """
    connection = h11.Connection(h11.SERVER)
    async with stream:
        try:
            while (request := await _next_request(stream, connection, number)) is not None:
                await handler(Exchange(stream, connection, request))
                if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                    return
                connection.start_next_cycle()
        except (HangUp, trio.BrokenResourceError, trio.ClosedResourceError, h11.RemoteProtocolError):
            return
