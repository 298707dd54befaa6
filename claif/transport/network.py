"""Sockets on trio for httpcore2: a request leaves in one send, bytes that arrive feed the watch, failures are ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpcore2
import trio

from ..pipeline.watchdog import current_watch
from .chunks import ChunkJoiner
from .failures import connect_failure, tls_failure

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

JOIN = 64 * 1024
"""Up to this many bytes header and body are joined in one send; larger bodies are not worth a copy."""

RACE = 1.0
"""Seconds within which a kept connection that breaks before any answer was being closed by the server already; a
request that is lost later may have been worked on."""


TrioStream = trio.SocketStream | trio.SSLStream[Any]


class StaleConnectionError(httpcore2.ReadError):
    """A kept connection was closed by the server while the request was on its way; it can be sent once more."""


class Stream(httpcore2.AsyncNetworkStream):
    """A connection.

    Args:
        stream: trio's stream, in clear text or TLS.
        peer: `host:port`, for messages.
        ready: whether what is written is for the server itself, not yet for a proxy before it.
    """

    def __init__(self, stream: TrioStream, peer: str, *, ready: bool) -> None:
        self._stream = stream
        self._peer = peer
        self._ready = ready
        self._pending: list[bytes] = []
        self._size = 0
        self._answered = False
        self._reused = False
        self._sent_at = 0.0
        self._chunks = ChunkJoiner()
        self.ended = False

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - the watchdog has it
        """Keep it until the request is complete (an empty buffer says so), large, or an answer is awaited."""
        if buffer:
            self._pending.append(buffer)
            self._size += len(buffer)
            if self._size <= JOIN:
                return
        if self._pending:
            await self._flush()

    async def _flush(self) -> None:
        pending, self._pending = self._pending, []
        if self._size <= JOIN:
            pending = [b"".join(pending)]
        self._size = 0
        self._chunks.begin()
        if self._answered:
            self._answered, self._reused = False, True
        if self._reused:
            self._sent_at = trio.current_time()
        watch = current_watch.get()
        if watch is not None and self._ready:
            watch.connected()
        try:
            for data in pending:
                await self._stream.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise httpcore2.WriteError(str(error)) from error

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - the watchdog has it
        """The next bytes; none at the end."""
        if self._pending:
            await self._flush()
        watch = current_watch.get()
        while True:
            try:
                data = bytes(await self._stream.receive_some(max_bytes))
            except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
                self._check_race()
                raise httpcore2.ReadError(str(error)) from error
            if not data:
                self.ended = True
                self._check_race()
                if not self._answered:
                    raise httpcore2.ReadError
                return data
            if watch is not None:
                watch.touch()
            # A SOCKS proxy answers too, before the first request; its answers do not begin like HTTP.
            if not self._answered and data.startswith(b"H"):
                self._answered = True
            if data := self._chunks.feed(data):
                return data

    def _check_race(self) -> None:
        if self._reused and not self._answered and trio.current_time() - self._sent_at < RACE:
            raise StaleConnectionError

    async def aclose(self) -> None:
        """Close at once."""
        with trio.CancelScope(shield=True):
            await trio.aclose_forcefully(self._stream)

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - the watchdog has it
    ) -> Stream:
        """Speak TLS over this connection from now on.

        Raises:
            ConnectionError: the server's certificate is not trusted, or it does not speak TLS.
        """
        tls: trio.SSLStream[Any] = trio.SSLStream(
            self._stream,
            ssl_context,
            server_hostname=server_hostname,
            https_compatible=True,
        )
        try:
            await tls.do_handshake()
        except BaseException as error:
            await self.aclose()
            if isinstance(error, trio.BrokenResourceError):
                raise tls_failure(error, server_hostname or self._peer) from error
            raise
        return Stream(tls, self._peer, ready=True)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore2 asks of a connection."""
        stream: Any = self._stream
        if info == "ssl_object":
            return stream if isinstance(stream, trio.SSLStream) else None
        if info != "is_readable":
            return None
        while isinstance(stream, trio.SSLStream):
            stream = stream.transport_stream
        return stream.socket.fileno() < 0 or stream.socket.is_readable()


class Backend(httpcore2.AsyncNetworkBackend):
    """Opens connections for one origin.

    Args:
        tls: whether the origin is https, so that what is written before TLS is meant for a proxy.
        proxy: how the proxy is called in messages, if there is one.
    """

    def __init__(self, *, tls: bool, proxy: str | None = None) -> None:
        self._tls = tls
        self._proxy = proxy
        self._opened: dict[trio.lowlevel.Task, Stream] = {}

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the watchdog has it
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,  # noqa: ARG002 - trio sets TCP_NODELAY
    ) -> Stream:
        """Connect to a host; the addresses it has are tried together (happy eyeballs).

        Raises:
            ConnectionError: the name is unknown, or nobody answers there.
        """
        try:
            stream = await trio.open_tcp_stream(host, port, local_address=local_address)
        except OSError as error:
            raise connect_failure(error, f"{host}:{port}", proxy=self._proxy) from error
        opened = Stream(stream, f"{host}:{port}", ready=not self._tls)
        if self._proxy:
            self._opened[trio.lowlevel.current_task()] = opened
        return opened

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002 - the watchdog has it
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,  # noqa: ARG002 - none apply
    ) -> Stream:
        """Connect to a UNIX socket.

        Raises:
            ConnectionError: nobody answers there.
        """
        try:
            stream = await trio.open_unix_socket(path)
        except OSError as error:
            raise connect_failure(error, path) from error
        return Stream(stream, path, ready=not self._tls)

    async def settle(self, *, failed: bool) -> None:
        """Close what the running task opened if nothing came of it: httpcore2 forgets connections to SOCKS proxies.

        Args:
            failed: whether the task's request failed.
        """
        stream = self._opened.pop(trio.lowlevel.current_task(), None)
        if stream is not None and failed:
            await stream.aclose()
