"""Endpoints: an address and what is sent along to it; requests answered whole or as streams."""

from __future__ import annotations

import re
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import httpcore2
import trio

from .._version import __version__
from ..errors import ClaifError, ClientClosedError
from ..logs import logger
from .failures import exchange_failure
from .headers import raw_headers
from .network import StaleConnectionError
from .redirects import REDIRECTS, refused_redirect
from .response import Response, StreamResponse
from .status import error_details, error_from_response

if TYPE_CHECKING:
    from types import TracebackType

    from .base_url import BaseURL
    from .headers import Headers, RawHeaders
    from .http import HTTP
    from .limits import Limits
    from .pool import Pool

_PATH = re.compile(r"/[A-Za-z0-9/._~!$&'()*+,;=:@%?-]*")
_PATHS_KEPT = 64
_STANDARD = (
    (b"User-Agent", f"claif/{__version__}".encode()),
    (b"Accept", b"*/*"),
    (b"Accept-Encoding", b"identity"),
)
_JSON = (b"Content-Type", b"application/json")
_STEP = 10
"""Level of what is logged about each request."""


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
        connection, answer = await self._send(self._request(method, path, body, headers))
        try:
            response = StreamResponse(answer, self._limits, self.url.origin)
            try:
                data = await response.read()
            finally:
                await response.aclose()
        finally:
            await self._pool.release(connection)  # noqa: ASYNC102 - release shields itself
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
        """The error that an answer means.

        Args:
            response: an answer with a status of 400 or more.
            body: its body.
            provider: who answered.
            model: which model was asked.
            code: the structured code, if the caller knows better than to look for it in the usual places.
            message: the message, likewise.
        """
        found_code, found_message = error_details(body)
        return error_from_response(
            response.status,
            response.headers,
            provider=provider,
            model=model,
            code=code or found_code,
            message=message or found_message,
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
            scheme=url.scheme, host=url.host, port=url.odd_port, target=(url.path + path).encode()
        )
        return found

    async def _send(self, request: httpcore2.Request) -> tuple[httpcore2.AsyncConnectionInterface, httpcore2.Response]:
        pool = self._pool
        connection = None
        try:
            connection = await pool.acquire()
            try:
                answer = await connection.handle_async_request(request)
            except StaleConnectionError:
                self._http.resent += 1
                await pool.release(connection)  # noqa: ASYNC102 - release shields itself
                connection = await pool.acquire(fresh=True)
                answer = await connection.handle_async_request(request)
            if pool.proxied is not None:
                await pool.proxied.settle(failed=False)
            if logger.wants(_STEP):
                logger.debug("{}: status {} from {}", _shown(request), answer.status, self.url.origin)
            await self._check(answer)
        except BaseException as error:
            if pool.proxied is not None:
                await pool.proxied.settle(failed=True)  # noqa: ASYNC102 - it shields itself
            if connection is not None:
                await pool.release(connection)  # noqa: ASYNC102 - release shields itself
            logger.debug("{}: {} from {}", _shown(request), type(error).__name__, self.url.origin)
            if isinstance(error, Exception) and (failure := exchange_failure(error, self.url.origin)) is not error:
                raise failure from error
            raise
        return connection, answer

    async def _check(self, answer: httpcore2.Response) -> None:
        if self._http.closed:
            # This connection came too late to be closed with the others.
            await answer.extensions["network_stream"].aclose()
            await answer.aclose()
            raise ClientClosedError("The client was closed while the request ran.")
        if answer.status in REDIRECTS and self._refuse_redirects:
            refusal = refused_redirect(answer.status, answer.headers, self.url)
            if refusal is not None:
                await answer.aclose()  # noqa: ASYNC102 - nothing has been cancelled here
                raise refusal


class _Streaming(AbstractAsyncContextManager[StreamResponse]):
    """One streamed exchange: sent when entered, its connection given back or closed when left."""

    def __init__(self, endpoint: Endpoint, request: httpcore2.Request) -> None:
        self._endpoint = endpoint
        self._request = request

    async def __aenter__(self) -> StreamResponse:
        endpoint = self._endpoint
        self._connection, answer = await endpoint._send(self._request)  # noqa: SLF001 - a part of the endpoint
        try:
            self._response = StreamResponse(answer, endpoint._limits, endpoint.url.origin)  # noqa: SLF001 - as above
        except BaseException:
            await answer.aclose()
            await endpoint._pool.release(self._connection)  # noqa: ASYNC102, SLF001 - nothing has been cancelled here
            raise
        return self._response

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if kind is None and self._endpoint._keep_alive_streams:  # noqa: SLF001 - a part of the endpoint
                await self._response.drain()  # noqa: ASYNC102 - bounded, and not after an error
        finally:
            # Shielded: a cancellation in here would take the place of the consumer's own error.
            with trio.CancelScope(shield=True):
                await self._response.aclose()  # noqa: ASYNC102 - closing a socket waits for nobody
                await self._endpoint._pool.release(self._connection)  # noqa: SLF001 - a part of it


def _shown(request: httpcore2.Request) -> str:
    """Method and path of a request, without its query, which may hold what is secret."""
    return f"{request.method.decode()} {request.url.target.decode().partition('?')[0]}"
