"""HTTP for providers: endpoints on the client's connections, requests answered whole or as streams."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Self

import httpcore2
import trio

from .._version import __version__
from ..errors import ClaifError, ClientClosedError
from .base_url import BaseURL, parse_base_url
from .failures import exchange_failure
from .headers import RawHeaders, raw_headers
from .limits import DEFAULT_LIMITS, Limits
from .network import Backend, StaleConnectionError
from .pool import KEEPALIVE, Pool, Shard
from .proxies import find_proxy, proxy_name
from .redirects import REDIRECTS, refused_redirect
from .response import Response, StreamResponse
from .status import error_details, error_from_response, redacted
from .tls import Trust

if TYPE_CHECKING:
    from types import TracebackType

    from ..config.secret import Secret

Headers = Mapping[str, "str | Secret"] | Sequence[tuple[str, "str | Secret"]]

CLOSE_TIMEOUT = 5.0
"""Seconds that closing all connections may take."""

_PATH = re.compile(r"/[A-Za-z0-9/._~!$&'()*+,;=:@%?-]*")
_PATHS_KEPT = 64


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
            pool = self._pools[key] = Pool(lambda: self._make_pool(url, uds, ca_bundle))
        return Endpoint(
            self,
            pool,
            url,
            raw_headers(headers),
            limits=limits,
            keep_alive_streams=keep_alive_streams,
            refuse_redirects=refuse_redirects,
        )

    def _make_pool(self, url: BaseURL, uds: str | None, ca_bundle: str | None) -> httpcore2.AsyncConnectionPool:
        if self.closed:
            raise ClientClosedError("The client was closed.")
        tls = url.scheme == "https"
        proxy = None if uds else find_proxy(url, self._trust.context)
        return httpcore2.AsyncConnectionPool(
            ssl_context=self._trust.context(ca_bundle) if tls else None,
            proxy=proxy,
            max_connections=None,
            keepalive_expiry=KEEPALIVE,
            uds=uds,
            network_backend=Backend(tls=tls, proxy=proxy_name(proxy) if proxy else None),
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
        pools, self._pools = list(self._pools.values()), {}
        with trio.move_on_after(CLOSE_TIMEOUT, shield=True):
            for pool in pools:
                await pool.aclose()


class Endpoint:
    """An address and what is sent along to it; made by `HTTP.endpoint`.

    Attributes:
        url: the checked base URL; its `insecure` says whether a warning is due.
    """

    def __init__(
        self,
        http: HTTP,
        pool: Pool,
        url: BaseURL,
        headers: RawHeaders,
        *,
        limits: Limits,
        keep_alive_streams: bool,
        refuse_redirects: bool,
    ) -> None:
        self.url = url
        self._http = http
        self._pool = pool
        self._limits = limits
        self._keep_alive_streams = keep_alive_streams
        self._refuse_redirects = refuse_redirects
        given = {name.lower() for name, _ in headers}
        self._headers: RawHeaders = [(b"Host", url.netloc.encode())]
        for name, value in _STANDARD:
            if name.lower() not in given:
                self._headers.append((name, value))
        self._headers += headers
        self._type_given = b"content-type" in given
        self._urls: dict[str, httpcore2.URL] = {}

    async def request(self, method: str, path: str, *, body: bytes | None = None, headers: Headers = ()) -> Response:
        """Send a request and read the whole answer.

        Args:
            method: GET, POST, …
            path: appended to the base URL; begins with a slash, and is percent-encoded where needed.
            body: JSON, unless the headers say otherwise.
            headers: further headers.

        Returns:
            The answer, whatever its status.

        Raises:
            ConnectionError: no connection, or it was lost.
            ProtocolError: the answer is not HTTP, too large, or a redirect.
        """
        shard, answer = await self._send(self._request(method, path, body, headers))
        try:
            response = StreamResponse(answer, self._limits, self.url.origin)
            try:
                data = await response.read()
            finally:
                await response.aclose()
        finally:
            await self._release(shard)
        return Response(answer.status, answer.headers, data)

    def stream(
        self, method: str, path: str, *, body: bytes | None = None, headers: Headers = ()
    ) -> AbstractAsyncContextManager[StreamResponse]:
        """Send a request and read the answer as it comes, inside `async with`.

        Args:
            method: GET, POST, …
            path: appended to the base URL; begins with a slash, and is percent-encoded where needed.
            body: JSON, unless the headers say otherwise.
            headers: further headers.

        Raises:
            ConnectionError: no connection, or it was lost.
            ProtocolError: the answer is not HTTP, too large, or a redirect.
        """
        request = self._request(method, path, body, headers)
        if not self._keep_alive_streams:
            request.headers.append((b"Connection", b"close"))
        return _Streaming(self, request)

    def error(
        self,
        response: Response | StreamResponse,
        body: bytes,
        *,
        provider: str | None = None,
        model: str | None = None,
        code: str | None = None,
        message: str | None = None,
    ) -> ClaifError:
        """The error that an answer means, without the secrets of this endpoint should the provider repeat them.

        Args:
            response: an answer with a status of 400 or more.
            body: its body.
            provider: who answered.
            model: which model was asked.
            code: the structured code, if the caller knows better than to look for it in the usual places.
            message: the message, likewise.
        """
        found_code, found_message = error_details(body)
        message = message or found_message
        return error_from_response(
            response.status,
            response.headers,
            provider=provider,
            model=model,
            code=code or found_code,
            message=redacted(message, self._headers) if message else None,
        )

    def _request(self, method: str, path: str, body: bytes | None, headers: Headers) -> httpcore2.Request:
        url = self._urls.get(path) or self._url(path)
        raw = [*self._headers, *raw_headers(headers)] if headers else self._headers.copy()
        if body is not None:
            if not self._type_given and not (headers and any(name.lower() == b"content-type" for name, _ in raw)):
                raw.append(_JSON)
            raw.append((b"Content-Length", b"%d" % len(body)))
        request = httpcore2.Request(method, url, content=body)
        request.headers = raw
        return request

    def _url(self, path: str) -> httpcore2.URL:
        if not _PATH.fullmatch(path):
            raise ValueError(f"{path!r} is not a path that begins with a slash and is percent-encoded")
        if len(self._urls) >= _PATHS_KEPT:
            self._urls.clear()
        url = self.url
        found = self._urls[path] = httpcore2.URL(
            scheme=url.scheme, host=url.host, port=url.port, target=(url.path + path).encode()
        )
        return found

    async def _send(self, request: httpcore2.Request) -> tuple[Shard, httpcore2.Response]:
        shard = self._pool.acquire()
        try:
            try:
                answer = await shard.pool.handle_async_request(request)
            except StaleConnectionError:
                self._http.resent += 1
                self._pool.retire(shard)
                await self._pool.release(shard)
                shard = self._pool.acquire(fresh=True)
                answer = await shard.pool.handle_async_request(request)
            refused = answer.status in REDIRECTS and self._refuse_redirects
            if refused and (refusal := refused_redirect(answer.status, answer.headers, self.url)):
                await answer.aclose()
                raise refusal  # noqa: TRY301 - the shard is released below
        except BaseException as error:
            await self._release(shard)
            if isinstance(error, Exception):
                raise exchange_failure(error, self.url.origin, began=False) from error
            raise
        return shard, answer

    async def _release(self, shard: Shard) -> None:
        await self._pool.release(shard)


class _Streaming(AbstractAsyncContextManager[StreamResponse]):
    """One streamed exchange: sent when entered, its connection given back or closed when left."""

    def __init__(self, endpoint: Endpoint, request: httpcore2.Request) -> None:
        self._endpoint = endpoint
        self._request = request

    async def __aenter__(self) -> StreamResponse:
        endpoint = self._endpoint
        self._shard, answer = await endpoint._send(self._request)  # noqa: SLF001 - a part of the endpoint
        try:
            self._response = StreamResponse(answer, endpoint._limits, endpoint.url.origin)  # noqa: SLF001
        except BaseException:
            await answer.aclose()
            await endpoint._release(self._shard)  # noqa: SLF001
            raise
        return self._response

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            try:
                if kind is None and self._endpoint._keep_alive_streams:  # noqa: SLF001
                    await self._response.drain()
            finally:
                await self._response.aclose()
        finally:
            await self._endpoint._release(self._shard)  # noqa: SLF001


_STANDARD = (
    (b"User-Agent", f"claif/{__version__}".encode()),
    (b"Accept", b"*/*"),
    (b"Accept-Encoding", b"identity"),
)
_JSON = (b"Content-Type", b"application/json")
