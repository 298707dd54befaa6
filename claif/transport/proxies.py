"""Which proxy leads to an origin: what the environment or the system says, as other programs understand it."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import httpcore2

from ..errors import DependencyError, InvalidConfigError
from .headers import SecretBytes

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from .base_url import BaseURL

_SCHEMES = {"http": "http", "https": "https", "socks": "socks5", "socks5": "socks5", "socks5h": "socks5h"}
_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_SYSTEM_SETTINGS = sys.platform in {"darwin", "win32"}


def find_proxy(url: BaseURL, tls: Callable[[], ssl.SSLContext]) -> httpcore2.Proxy | None:
    """The proxy for an origin, by HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY; none for this machine itself.

    Args:
        url: where to.
        tls: makes the TLS context for a proxy that is reached by https.

    Raises:
        InvalidConfigError: the variable has no usable URL. The message shows no password.
    """
    if url.loopback or not (_SYSTEM_SETTINGS or any(name.lower().endswith("_proxy") for name in os.environ)):
        return None
    # Only here, as most have no proxy and the import costs as much as a query.
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    text = proxies.get(url.scheme) or proxies.get("all")
    if not text or proxy_bypass(url.host) or proxy_bypass(f"{url.host}:{url.port}") or _in_network(url.host, proxies):
        return None
    return parse_proxy(text, tls)


def _in_network(host: str, proxies: dict[str, str]) -> bool:
    """Whether NO_PROXY has a network (10.0.0.0/8) that the host is an address of; the standard library reads none."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    for text in proxies.get("no", "").split(","):
        try:
            if "/" in text and address in ip_network(text.strip(), strict=False):
                return True
        except ValueError:
            continue
    return False


def parse_proxy(text: str, tls: Callable[[], ssl.SSLContext]) -> httpcore2.Proxy:
    """A proxy from its URL: `http://user:password@host:port`, `socks5://host`, or only `host:port`.

    Raises:
        InvalidConfigError: it is no such URL.
        DependencyError: it is a SOCKS proxy, and socksio is not installed.
    """
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        scheme, host, port = _SCHEMES[parts.scheme], parts.hostname, parts.port
        address = host.encode("ascii") if host else b""
    except (ValueError, KeyError):
        address = b""
    if not address:
        raise InvalidConfigError(
            "The proxy of the environment is not a URL like http://host:port or socks5://host:port.",
            hint="Look at HTTPS_PROXY, HTTP_PROXY and ALL_PROXY.",
        ) from None
    if scheme.startswith("socks") and find_spec("socksio") is None:
        raise DependencyError(
            "The proxy of the environment speaks SOCKS.", hint="Install what it needs: pip install socksio"
        )
    auth = None
    if parts.username is not None:
        auth = (SecretBytes(unquote(parts.username).encode()), SecretBytes(unquote(parts.password or "").encode()))
    return httpcore2.Proxy(
        httpcore2.URL(scheme=scheme, host=address, port=port or _PORTS[scheme], target="/"),
        auth=auth,
        ssl_context=tls() if scheme == "https" else None,
    )


def proxy_name(proxy: httpcore2.Proxy) -> str:
    """The proxy as it may be shown."""
    return f"{proxy.url.scheme.decode()}://{proxy.url.host.decode()}:{proxy.url.port}"
