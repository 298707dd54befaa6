"""The connections of a client: one pool for each origin, one TLS context for each source of certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpcore2

from ..errors import ClientClosedError
from .network import Backend
from .pool import KEEPALIVE, Pool
from .proxies import find_proxy, proxy_name
from .tls import Trust

if TYPE_CHECKING:
    from .base_url import BaseURL
    from .http import HTTP


class Connections:
    """All pools of a client, by origin, UNIX socket and certificates; none is opened once `http` is closed."""

    def __init__(self, http: HTTP) -> None:
        self._http = http
        self._pools: dict[tuple[str, str | None, str | None], Pool] = {}
        self._trust = Trust()

    def pool(self, url: BaseURL, uds: str | None, ca_bundle: str | None) -> Pool:
        """The pool of an origin; see `HTTP.endpoint`."""
        key = (url.origin, uds, ca_bundle)
        pool = self._pools.get(key)
        if pool is None:
            pool = self._pools[key] = self._new_pool(url, uds, ca_bundle)
        return pool

    def _new_pool(self, url: BaseURL, uds: str | None, ca_bundle: str | None) -> Pool:
        tls = url.scheme == "https"
        proxy = None if uds else find_proxy(url, self._trust.context)
        backend = Backend(tls=tls, proxy=proxy_name(proxy) if proxy else None)

        origin = httpcore2.Origin(url.scheme.encode(), url.host.encode(), url.port)
        factory: httpcore2.AsyncConnectionPool | None = None

        async def connect() -> httpcore2.AsyncConnectionInterface:
            nonlocal factory
            if self._http.closed:
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

    async def aclose(self) -> None:
        """Close them all."""
        pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            await pool.aclose()
