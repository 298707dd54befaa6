"""Where a Redis is: how its URL is read, and what connects to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from claif.api import InvalidConfigError, Secret, StoreAddress, StoreWay, store_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from coredis.connection import BaseConnection

WAYS: dict[str, StoreWay] = {
    "redis": "plain",
    "rediss": "tls",
    "unix": "unix",
    "valkey": "plain",
    "valkeys": "tls",
}
"""As https://redis.io/docs/latest/develop/tools/cli/ and https://valkey.io/topics/cli/ name them."""
PORT = 6379
LOCAL = f"redis://127.0.0.1:{PORT}/0"
"""What is asked if nobody says where."""


def redis_address(url: str | Secret | None, password: Secret | None = None) -> tuple[StoreAddress, int]:
    """Read a URL: where the server is, and the number of the database.

    Args:
        url: `redis://user:password@host:6379/0`, the same with `rediss://`, or `unix:///path?db=0`.
        password: the server's, if it is not in the URL.

    Raises:
        InvalidConfigError: it is no such URL.
    """
    address = store_address(url or LOCAL, ways=WAYS, port=PORT, password=password, parameters=("db",))
    text = address.parameters.get("db") or ("" if address.way == "unix" else address.path) or "0"
    if not (text.isascii() and text.isdigit()):
        raise InvalidConfigError(
            "The address of the store cannot be used: its database is not a number.",
            problems=("url: its database is not a number",),
            hint="Write the number behind the host: redis://127.0.0.1:6379/0.",
        )
    return address, int(text)


def connector(address: StoreAddress, database: int, name: str) -> Callable[[], BaseConnection]:
    """What makes a connection, which is not open yet.

    Args:
        address: where the server is.
        database: its number.
        name: how the server lists the connection (`CLIENT LIST`).
    """
    from coredis.connection import TCPConnection, TCPLocation, UnixDomainSocketConnection, UnixDomainSocketLocation
    from coredis.credentials import UserPassCredentialProvider

    password = address.password
    # RESP3 begins with a HELLO, and coredis sends AUTH along with it.
    login = UserPassCredentialProvider(address.username, password.reveal()) if password else None
    if address.way == "unix":
        socket = UnixDomainSocketLocation(address.path)
        return lambda: UnixDomainSocketConnection(socket, db=database, client_name=name, credential_provider=login)
    tls = address.tls()
    host = TCPLocation(address.host, address.port)
    return lambda: TCPConnection(host, db=database, client_name=name, credential_provider=login, ssl_context=tls)
