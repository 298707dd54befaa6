"""Where a memcached is: how its URL is read."""

from __future__ import annotations

from claif.api import InvalidConfigError, Secret, StoreAddress, StoreWay, store_address

WAYS: dict[str, StoreWay] = {"memcached": "plain", "memcacheds": "tls", "unix": "unix"}
PORT = 11211
LOCAL = f"memcached://127.0.0.1:{PORT}"
"""What is asked if nobody says where."""


def memcached_address(url: str | Secret | None, password: Secret | None = None) -> StoreAddress:
    """Read a URL: `memcached://host:11211`, the same with `memcacheds://`, or `unix:///path`.

    Raises:
        InvalidConfigError: it is no such URL, or has a password.
    """
    address = store_address(url or LOCAL, ways=WAYS, port=PORT, password=password)
    if address.username or address.password:
        raise InvalidConfigError(
            "A password was given for memcached, and Claif cannot use one there.",
            problems=("password: memcached has none",),
            hint="Let only machines that you trust reach it (memcached -l), or use Redis or Valkey.",
        )
    return address
