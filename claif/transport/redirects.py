"""Redirects: never followed, so that neither a key nor a prompt goes where the user did not send it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from ..errors import ProtocolError
from .headers import RawHeaders, header

if TYPE_CHECKING:
    from .base_url import BaseURL

REDIRECTS = frozenset({301, 302, 303, 307, 308})


def refused_redirect(status: int, headers: RawHeaders, url: BaseURL) -> ProtocolError | None:
    """What a redirect means to the user.

    Args:
        status: the HTTP status, one of `REDIRECTS`.
        headers: of the answer.
        url: the base URL that was asked.

    Returns:
        An error that names the origin that it points to; `None` if it points nowhere.
    """
    location = header(headers, "location")
    if location is None:
        return None
    target = _origin(url.origin + "/", location)
    if target == url.origin:
        return ProtocolError(
            f"{url.origin} redirects to another path ({status}), and redirects are not followed.",
            hint="Check the path of base_url.",
        )
    return ProtocolError(
        f"{url.origin} redirects to {target or 'no valid address'} ({status}), and redirects are not followed.",
        hint="If you trust that address, set base_url to it.",
    )


def _origin(base: str, location: str) -> str | None:
    try:
        parts = urlsplit(urljoin(base, location))
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname
    if not host or not host.isascii() or not host.isprintable() or parts.scheme not in {"http", "https"}:
        return None
    host = f"[{host}]" if ":" in host else host
    default = port is None or port == {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host[:200]}" + ("" if default else f":{port}")
