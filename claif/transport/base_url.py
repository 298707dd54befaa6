"""Base URLs: which addresses a key may be sent to, and how."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from attrs import frozen

from ..errors import InvalidConfigError

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#\\]*)(?P<path>/[^?#]*)?(?P<rest>[?#].*)?")
_AUTHORITY = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::(?P<port>[0-9]{1,5}))?")
_PATH = re.compile(r"[A-Za-z0-9/._~!$&'()*+,;=:@%-]*")
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_NAT64 = 0x64FF9B << 64
"""The upper 96 bits of `64:ff9b::192.0.2.1`, which is 192.0.2.1 behind a translator."""
_LAST_PORT = 65535
_LONGEST_NAME = 253
_PORTS = {"http": 80, "https": 443}


@frozen
class BaseURL:
    """An address that has been found good.

    Args:
        scheme: `http` or `https`.
        host: a name or an address in its usual spelling, in lower case; an IPv6 address without brackets.
        port: never left out.
        path: with a leading and without a trailing slash, or empty.
        loopback: whether the host is this machine itself.
    """

    scheme: str
    host: str
    port: int
    path: str
    loopback: bool

    @property
    def netloc(self) -> str:
        """Host and port as they are written in a URL; the port only if it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.odd_port}" if self.odd_port else host

    @property
    def odd_port(self) -> int | None:
        """The port, unless it is the scheme's own."""
        return None if self.port == _PORTS[self.scheme] else self.port

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}://{self.netloc}"

    def __str__(self) -> str:
        return f"{self.origin}{self.path}"

    @property
    def insecure(self) -> bool:
        """Whether keys and prompts leave this machine in clear text."""
        return self.scheme == "http" and not self.loopback


def parse_base_url(text: str, *, allow_http: bool = False, local: bool = False) -> BaseURL:
    """Check a base URL.

    https is good; http is good on this machine, on a UNIX socket, and elsewhere if the user allows it.

    Args:
        text: the URL.
        allow_http: whether http to another machine is allowed.
        local: whether it is reached over a UNIX socket, so that the host is only a name.

    Raises:
        InvalidConfigError: it is no such URL. The message never shows a password in it.
    """
    match = _URL.fullmatch(text)
    if match is None:
        raise _refused("it is not of the form https://host/path")
    scheme = match["scheme"].lower()
    if scheme not in _PORTS:
        raise _refused(f"{scheme} is not supported, only https and http")
    if "@" in match["authority"]:
        raise _refused("it contains a user name or password", hint="Put the key in api_key instead.")
    if match["rest"]:
        raise _refused("a query (?) or fragment (#) has no place in it")
    authority = _AUTHORITY.fullmatch(match["authority"])
    if authority is None:
        raise _refused("its host or port is not valid")
    port = int(authority["port"]) if authority["port"] else _PORTS[scheme]
    if not 0 < port <= _LAST_PORT:
        raise _refused(f"there is no port {port}")
    path = (match["path"] or "").rstrip("/")
    if not _PATH.fullmatch(path) or ".." in path.split("/"):
        raise _refused("its path has characters or parts that are not allowed")
    host, loopback = _address6(authority["v6"]) if authority["v6"] else _host(authority["name"])
    if scheme == "http" and not (loopback or allow_http or local):
        raise _refused(
            f"http would send the key and the prompts to {host} in clear text",
            hint="Use https; or set allow_http = true for this provider if you trust the network.",
        )
    return BaseURL(scheme, host, port, path, loopback or local)


def _host(name: str) -> tuple[str, bool]:
    name = name.lower()
    labels = name.removesuffix(".").split(".")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            address = IPv4Address(name)
        except AddressValueError:
            raise _refused(f"{name} is an odd spelling of an IP address", hint="Write it as 192.0.2.1.") from None
        _usable(address)
        return str(address), address.is_loopback
    if len(name) > _LONGEST_NAME or not all(map(_LABEL.fullmatch, labels)):
        raise _refused("its host is not a valid name")
    return name, name == "localhost"


def _address6(text: str) -> tuple[str, bool]:
    try:
        address = IPv6Address(text)
    except AddressValueError:
        raise _refused("its host is not a valid IPv6 address") from None
    disguised = int(address) >> 32 == _NAT64 or 1 < int(address) < 1 << 32
    if disguised or address.ipv4_mapped or address.sixtofour or address.teredo:
        raise _refused(f"{text} is an odd spelling of an IPv4 address", hint="Write it as 192.0.2.1.")
    _usable(address)
    return str(address), address.is_loopback


def _usable(address: IPv4Address | IPv6Address) -> None:
    # Link-local addresses are where clouds keep the credentials of their machines (169.254.169.254).
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        raise _refused(f"{address} is not the address of a server")


def _refused(reason: str, hint: str = "Set base_url to a URL like https://api.example.com/v1.") -> InvalidConfigError:
    return InvalidConfigError(f"The base URL cannot be used: {reason}.", problems=(f"base_url: {reason}",), hint=hint)
