"""What goes wrong with a Redis, in Claif's words."""

from __future__ import annotations

from coredis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    ReadOnlyError,
    ResponseError,
    UnknownCommandError,
)

from claif.api import ConnectionError, clean_message

FULL = "OOM"
"""How a server begins its answer that has no memory left and may not evict anything."""


def failure(error: Exception, server: str) -> ConnectionError:
    """The error that a client of the store sees.

    Args:
        error: what coredis raised.
        server: its host and port, or its socket.
    """
    if isinstance(error, ResponseError | BusyLoadingError):
        text = clean_message(str(error))
        return ConnectionError(f"The store at {server} refuses: {text}", hint=_hint(error, text))
    return ConnectionError(f"The store at {server} cannot be reached, or the connection was lost.", hint=_HINT)


def late(server: str, seconds: float) -> ConnectionError:
    """It took longer than the store's own deadline."""
    return ConnectionError(
        f"The store at {server} did not answer within {seconds:.3g} s.",
        hint="Check that the server is well; if it is only far away, raise the store's timeout.",
    )


def not_open(server: str) -> ConnectionError:
    """It was asked before `run`, or after it."""
    return ConnectionError(f"The store at {server} is not open.", hint="It is open while its client is.")


_HINT = "Check that the URL is right, the server runs and the network is up."


_HINTS: dict[type[Exception], str] = {
    AuthenticationError: "Put the user's name and password into the URL: rediss://USER:PASSWORD@HOST:PORT/0.",
    AuthorizationError: "Allow the user these keys, and scripts, by ACL SETUSER.",
    BusyLoadingError: "It reads its data from the disk; it will be back soon.",
    ReadOnlyError: "This is a replica; let the URL name the primary server.",
    UnknownCommandError: "It has to be Redis from 6.2 on, or Valkey.",
}


def _hint(error: Exception, text: str) -> str:
    if text.startswith(FULL):
        return "Raise the server's maxmemory, or let it make room: maxmemory-policy allkeys-lru."
    return next((hint for kind, hint in _HINTS.items() if isinstance(error, kind)), "See the server's log.")
