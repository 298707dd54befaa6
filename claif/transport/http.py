"""HTTP for providers: all connections of a client, shared by the endpoints it makes.

The library that speaks HTTP is loaded with the first endpoint: an agent or an embedded model does not wait for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import trio

from .base_url import parse_base_url
from .headers import raw_headers
from .limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from types import TracebackType

    from .connections import Connections
    from .endpoint import Endpoint
    from .headers import Headers

CLOSE_TIMEOUT = 5.0
"""Seconds that closing all connections may take."""


class HTTP:
    """All connections of a client. Use it as an async context manager; it may be made outside of trio.

    Attributes:
        resent: how many requests were sent once more because the server had just closed the kept connection.
    """

    def __init__(self) -> None:
        self._connections: Connections | None = None
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
        from .connections import Connections
        from .endpoint import Endpoint

        url = parse_base_url(base_url, allow_http=allow_http, local=uds is not None)
        if self._connections is None:
            self._connections = Connections(self)
        return Endpoint(
            self,
            self._connections.pool(url, uds, ca_bundle),
            url,
            raw_headers(headers),
            limits=limits,
            keep_alive_streams=keep_alive_streams,
            refuse_redirects=refuse_redirects,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections; whoever still uses one gets an error. Closing twice is fine."""
        self.closed = True
        if self._connections is not None:
            with trio.move_on_after(CLOSE_TIMEOUT, shield=True):
                await self._connections.aclose()
