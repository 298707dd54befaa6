"""Files from the web: credentials of an index stay with the index, redirects are followed with care."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import trio
from attrs import frozen

from ..config.secret import Secret
from ..errors import ClaifError, InstallError, InvalidConfigError
from .index import check_step, join, shown, split

if TYPE_CHECKING:
    from ..transport.endpoint import Endpoint
    from ..transport.http import HTTP
    from .pip_settings import Sources

MAX_REDIRECTS = 5
PATIENCE = 60.0
"""Seconds of silence after which a server counts as gone."""
OK = 200
SAFE = "/%:@!$&'()*+,;=~-._"
"""Characters of a path or query that are sent as they are."""
REDIRECTS = {301, 302, 303, 307, 308}

Sink = Callable[[bytes, int | None], None]
"""Takes a piece of a body, and the size of the whole body in bytes if it is known."""


@frozen
class Page:
    """A body that was read, by the URL that it was found at in the end."""

    url: str
    content_type: str


class Web:
    """Reads what package indexes serve.

    Args:
        http: the client's connections.
        sources: pip's settings: certificates, and hosts that are trusted without TLS.
    """

    def __init__(self, http: HTTP, sources: Sources) -> None:
        self._http = http
        self._sources = sources
        self._credentials: dict[str, Secret] = {}

    async def fetch(self, url: str, sink: Sink, *, accept: str = "*/*") -> Page:
        """Read a URL; a user name and password in it are sent to its own origin only, here and later.

        Args:
            url: what to read.
            sink: gets the body; what it raises ends the reading.
            accept: the media types that are wanted.

        Raises:
            InstallError: there is no good answer.
        """
        for _ in range(MAX_REDIRECTS + 1):
            with trio.CancelScope(deadline=trio.current_time() + PATIENCE) as silence:
                found = await self._try(url, sink, accept, silence)
            if silence.cancelled_caught:
                raise InstallError(f"{shown(url)} sent nothing for {PATIENCE:g} s.")
            if isinstance(found, Page):
                return found
            check_step(url, found)
            url = found
        raise InstallError(f"{shown(url)} redirects too often.")

    async def _try(self, url: str, sink: Sink, accept: str, silence: trio.CancelScope) -> Page | str:
        endpoint, path, headers = self._endpoint(url)
        headers.append(("accept", accept))
        try:
            async with endpoint.stream("GET", path, headers=headers) as response:
                target = response.header("location")
                if response.status in REDIRECTS and target:
                    return join(url, target)
                _check(response.status, url)
                length = response.header("content-length") or ""
                total = int(length) if length.isascii() and length.isdigit() else None
                async for chunk in response.chunks():
                    silence.deadline = trio.current_time() + PATIENCE
                    sink(chunk, total)
                return Page(url, response.header("content-type") or "")
        except InstallError:
            raise
        except ClaifError as error:
            raise InstallError(f"{shown(url)}: {error.message}") from error

    def _endpoint(self, url: str) -> tuple[Endpoint, str, list[tuple[str, str | Secret]]]:
        parts = split(url)
        account, _, place = parts.netloc.rpartition("@")
        origin = f"{parts.scheme}://{place}"
        if account:
            name, _, password = account.partition(":")
            pair = f"{unquote(name)}:{unquote(password)}".encode()
            self._credentials[origin] = Secret(f"Basic {base64.b64encode(pair).decode()}")
        trusted = {place.lower(), (parts.hostname or "").lower()} & self._sources.trusted
        try:
            endpoint = self._http.endpoint(
                origin, allow_http=bool(trusted), ca_bundle=self._sources.ca_bundle, refuse_redirects=False
            )
        except InvalidConfigError as error:
            reason = "it is not protected by TLS" if parts.scheme == "http" else error.message
            raise InstallError(
                f"{shown(url)} is not asked: {reason}.", hint="Use an index with https, or tell pip to trust its host."
            ) from error
        path = quote(parts.path or "/", SAFE) + (f"?{quote(parts.query, SAFE)}" if parts.query else "")
        credentials = self._credentials.get(origin)
        return endpoint, path, [("authorization", credentials)] if credentials else []


def _check(status: int, url: str) -> None:
    if status == OK:
        return
    if status in {401, 403, 407}:
        raise InstallError(
            f"{shown(url)} wants a user name and password, or refuses those that pip is configured with.",
            hint="Put them into pip's index-url.",
        )
    if status in {404, 410}:
        raise InstallError(f"{shown(url)} does not exist.")
    raise InstallError(f"{shown(url)} answered with the status {status}.")
