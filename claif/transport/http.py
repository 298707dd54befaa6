"""HTTP for providers: all connections of a client, shared by the endpoints it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import httpcore2
import trio

from ..errors import ClientClosedError
from .base_url import BaseURL, parse_base_url
from .endpoint import Endpoint
from .headers import raw_headers
from .limits import DEFAULT_LIMITS, Limits
from .network import Backend
from .pool import KEEPALIVE, Pool
from .proxies import find_proxy, proxy_name
from .tls import Trust

if TYPE_CHECKING:
    from types import TracebackType

    from .headers import Headers

__all__ = ("HTTP", "Endpoint")

CLOSE_TIMEOUT = 5.0
"""Seconds that closing all connections may take."""


class HTTP:
    """All connections of a client. Use it as an async context manager; it may be made outside of trio.

    Attributes:
        resent: how many requests were sent once more because the server had just closed the kept connection.
    """

    def __init__(self) -> None:
        self._pools: dict[tuple[str, str | None, str | None], Pool] = {}
        self._trust = Trust()
        self.closed = False
        self.resent = 0

    def endpoint(
        self,
        base_url: str,
        *,
        headers: Headers = (),
        uds: str | None = None,
        allow_http: bool = False,
        ca_bundle: str | None = None,
        keep_alive_streams: bool = True,
        limits: Limits = DEFAULT_LIMITS,
        refuse_redirects: bool = True,
    ) -> Endpoint:
        """An address to send requests to. It shares its connections with all endpoints of the same origin.

        Args:
            base_url: https, or http on this machine; paths of requests are appended to it.
            headers: sent with every request; a value may be a `Secret`.
            uds: path of a UNIX socket to connect to; the host of `base_url` is then only a name.
            allow_http: allow http to another machine.
            ca_bundle: file or folder of the certificates to trust instead of the system's.
            keep_alive_streams: whether a connection may be used again after a stream; some servers break then.
            limits: how much may come back.
            refuse_redirects: whether a redirect is an error; otherwise it is an answer like others. None is followed.

        Raises:
            InvalidConfigError: the base URL or a header is not allowed.
        """
        url = parse_base_url(base_url, allow_http=allow_http, local=uds is not None)
        key = (url.origin, uds, ca_bundle)
        pool = self._pools.get(key)
        if pool is None:
            pool = self._pools[key] = self._pool(url, uds, ca_bundle)
        return Endpoint(
            self,
            pool,
            url,
            raw_headers(headers),
            limits=limits,
            keep_alive_streams=keep_alive_streams,
            refuse_redirects=refuse_redirects,
        )

    def _pool(self, url: BaseURL, uds: str | None, ca_bundle: str | None) -> Pool:
        tls = url.scheme == "https"
        proxy = None if uds else find_proxy(url, self._trust.context)
        backend = Backend(tls=tls, proxy=proxy_name(proxy) if proxy else None)

        origin = httpcore2.Origin(url.scheme.encode(), url.host.encode(), url.port)
        factory: httpcore2.AsyncConnectionPool | None = None

        async def connect() -> httpcore2.AsyncConnectionInterface:
            nonlocal factory
            if self.closed:
                raise ClientClosedError("The client was closed.")
            context = self._trust.context(ca_bundle) if tls else None
            if proxy is None:
                stream = await (backend.connect_unix_socket(uds) if uds else backend.connect_tcp(url.host, url.port))
                if context is not None:
                    stream = await stream.start_tls(context, url.host)
                return httpcore2.AsyncHTTP11Connection(origin, stream, keepalive_expiry=KEEPALIVE)
            if factory is None:
                # It knows which kind of connection leads through which kind of proxy.
                factory = httpcore2.AsyncConnectionPool(
                    ssl_context=context, proxy=proxy, keepalive_expiry=KEEPALIVE, network_backend=backend
                )
            return factory.create_connection(origin)

        return Pool(connect, backend if proxy else None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections; whoever still uses one gets an error. Closing twice is fine."""
        self.closed = True
        pools, self._pools = list(self._pools.values()), {}
        with trio.move_on_after(CLOSE_TIMEOUT, shield=True):
            for pool in pools:
                await pool.aclose()
