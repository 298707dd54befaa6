"""What goes wrong with a memcached, in Claif's words."""

from __future__ import annotations

from pymemcache.exceptions import (  # type: ignore[import-untyped] # it has no types
    MemcacheError,
    MemcacheUnexpectedCloseError,
)

from claif.api import ConnectionError, ProviderRuntimeError, clean_message

FAILURES = (MemcacheError, OSError, ValueError, IndexError)
"""What pymemcache raises: the latter two when it is answered by something else than a memcached."""


def failure(error: Exception, server: str, seconds: float) -> ConnectionError:
    """The error that a client of the store sees.

    Args:
        error: what pymemcache raised.
        server: its host and port, or its socket.
        seconds: the store's own deadline.
    """
    if isinstance(error, TimeoutError):
        return late(server, seconds)
    if isinstance(error, MemcacheError) and not isinstance(error, MemcacheUnexpectedCloseError):
        cause = error.args[0] if error.args else b""
        text = clean_message(cause.decode(errors="replace") if isinstance(cause, bytes) else str(cause))
        return ConnectionError(f"The store at {server} refuses: {text}", hint=_FULL)
    return ConnectionError(
        f"The store at {server} cannot be reached, or the connection was lost.",
        hint="Check that the URL is right, the server runs and the network is up.",
    )


_FULL = "Give the server more memory (-m), let it make room (not -M), and take items of 1 MB (-I 1m)."


def late(server: str, seconds: float) -> ConnectionError:
    """It took longer than the store's own deadline."""
    return ConnectionError(
        f"The store at {server} did not answer within {seconds:.3g} s.",
        hint="Check that the server is well; if it is only far away, raise the store's timeout.",
    )


def not_open(server: str) -> ConnectionError:
    """It was asked before `run`, or after it."""
    return ConnectionError(f"The store at {server} is not open.", hint="It is open while its client is.")


def cannot_list() -> ProviderRuntimeError:
    """A memcached does not tell what it has."""
    return ProviderRuntimeError(
        "memcached cannot list what it has.",
        hint="Clear all of it, or one row by its whole key; a store such as redis can list.",
    )
