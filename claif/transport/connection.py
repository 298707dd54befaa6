"""One HTTP/1.1 connection, spoken by h11, in the shape of httpcore2's, which takes half as long for the same.

httpcore2's own one serves where a proxy leads to the origin. It is made for tasks that share it and for protocols that
we do not speak: its locks, traces and generators cost as much as all of HTTP.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

import h11
import httpcore2
import trio

if TYPE_CHECKING:
    from .network import Stream

READ = 64 * 1024
MAX_HEAD = 100 * 1024
"""Bytes of a response's head."""


class Connection(httpcore2.AsyncConnectionInterface):
    """A connection that one exchange has at a time.

    Args:
        stream: the open connection.
        keepalive: seconds after which it is not used again.
    """

    def __init__(self, stream: Stream, keepalive: float) -> None:
        self._stream = stream
        self._keepalive = keepalive
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
        self._idle = False
        self._closed = False
        self._expires = 0.0

    async def handle_async_request(self, request: httpcore2.Request) -> httpcore2.Response:
        """Send a request and read the head of its answer; the body is read from the answer's `stream`."""
        self._idle = False
        try:
            with suppress(httpcore2.WriteError):  # a server may answer before it has read all, and close
                await self._send(request)
            head = await self.receive()
            while isinstance(head, h11.InformationalResponse):
                head = await self.receive()
        except BaseException:
            await self.aclose()
            raise
        answer = httpcore2.Response(head.status_code, extensions={"network_stream": self._stream})
        answer.headers, answer.stream = head.headers.raw_items(), _Body(self)
        return answer

    async def _send(self, request: httpcore2.Request) -> None:
        http, write = self._http, self._stream.write
        body: Any = request.stream
        try:
            head = h11.Request(method=request.method, target=request.url.target, headers=request.headers)
            await write(http.send(head) or b"")
            for part in body:  # a whole body of bytes can be read either way
                await write(http.send(h11.Data(data=part)) or b"")
            await write(http.send(h11.EndOfMessage()) or b"")
        except h11.LocalProtocolError as error:
            raise httpcore2.LocalProtocolError(str(error)) from error
        await write(b"")

    async def receive(self) -> Any:
        """The next event of HTTP."""
        http = self._http
        try:
            while (event := http.next_event()) is h11.NEED_DATA:
                data = await self._stream.read(READ)
                if not data and http.their_state is h11.SEND_RESPONSE:
                    raise httpcore2.RemoteProtocolError("closed without an answer")
                http.receive_data(data)
        except h11.RemoteProtocolError as error:
            raise httpcore2.RemoteProtocolError(str(error)) from error
        return event

    async def end(self) -> None:
        """The exchange is over: the connection can be used again if both sides are done, else it is closed."""
        http = self._http
        if self._idle or self._closed:
            return
        # What follows an answer that is complete would be taken for the next one.
        if http.our_state is h11.DONE and http.their_state is h11.DONE and not http.trailing_data[0]:
            http.start_next_cycle()
            self._idle = True
            self._expires = trio.current_time() + self._keepalive
        else:
            await self.aclose()

    async def aclose(self) -> None:
        """Close at once."""
        self._idle, self._closed = False, True
        await self._stream.aclose()

    def is_available(self) -> bool:
        """Whether it can take a request."""
        return self._idle

    def is_idle(self) -> bool:
        """Whether it waits for a request."""
        return self._idle

    def is_closed(self) -> bool:
        """Whether it is closed."""
        return self._closed

    def has_expired(self) -> bool:
        """Whether it has waited for too long, or the server has closed it."""
        return trio.current_time() > self._expires or bool(self._stream.get_extra_info("is_readable"))


class _Body:
    """The body of an answer; closing it ends the exchange."""

    __slots__ = ("_connection", "_ended")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._ended = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if not self._ended:
            event = await self._connection.receive()
            if event.__class__ is h11.Data:
                return bytes(event.data)
            self._ended = True
        raise StopAsyncIteration

    async def aclose(self) -> None:
        await self._connection.end()
