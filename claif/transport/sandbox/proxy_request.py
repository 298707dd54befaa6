"""Requests to the sandbox's proxy: what a client wants, and whether it may; bytes in, a decision out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from attrs import frozen

LONGEST = 64 * 1024
"""Bytes of a request's head."""
_LINE = re.compile(rb"([A-Z]{1,32}) (\S{1,8192}) HTTP/1\.[01]")
_PLACE = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::([0-9]{1,5}))?")
_TO_PROXY = (b"proxy-", b"connection:", b"keep-alive:")
TLS_PORT = 443
HTTP_PORT = 80
_LAST_PORT = 65535

Place = tuple[str, int]
"""A host in lower case, IPv6 addresses without brackets, and a port."""


@frozen
class Request:
    """What a client of the proxy wants.

    Args:
        place: where it wants to go.
        tunnel: whether it wants a tunnel, for TLS; else one request in clear text.
        head: what is sent to the server first, if it is no tunnel.
    """

    place: Place
    tunnel: bool
    head: bytes = b""


def parse_place(text: str, port: int) -> Place | None:
    """A host with or without a port; `None` if it is none.

    Args:
        text: `name`, `name:port`, `address` or `[address]:port`.
        port: the port where none is said.
    """
    found = _PLACE.fullmatch(text)
    if found is None:
        return None
    number = int(found[2] or port)
    host = found[1].strip("[]").rstrip(".").lower()
    return (host, number) if host and 0 < number <= _LAST_PORT else None


def parse_hosts(hosts: Iterable[str]) -> frozenset[Place]:
    """The places that a policy names; port 443 where none is said.

    Raises:
        ValueError: one is no host.
    """
    found = {host: parse_place(host, TLS_PORT) for host in hosts}
    wrong = sorted(host for host, place in found.items() if place is None)
    if wrong:
        raise ValueError(f"{wrong[0]!r} is no host")
    return frozenset(place for place in found.values() if place is not None)


def parse_request(head: bytes) -> Request | None:
    """What a request's head asks a proxy for; `None` if that is nothing a proxy does.

    Args:
        head: up to and with the empty line.
    """
    line, _, rest = head.partition(b"\r\n")
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    method, target = found[1], found[2].decode("latin-1")
    if method == b"CONNECT":
        place = parse_place(target, TLS_PORT)
        return None if place is None else Request(place, tunnel=True)
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    place = parse_place(parts.netloc, HTTP_PORT) if parts.scheme == "http" else None
    if place is None:
        return None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    # Only this one request: the next one of the same connection may be for another host.
    kept = [each for each in rest.split(b"\r\n") if each and not each.lower().startswith(_TO_PROXY)]
    lines = [b"%b %b HTTP/1.1" % (method, path.encode("latin-1")), *kept, b"Connection: close", b"", b""]
    return Request(place, tunnel=False, head=b"\r\n".join(lines))
