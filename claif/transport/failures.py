"""What went wrong below HTTP, in the words of the user; no exception of a library below leaves the transport."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from typing import TYPE_CHECKING

import httpcore2

from ..errors import ClaifError, ConnectionError, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterator


def connect_failure(error: OSError, peer: str, *, proxy: str | None = None) -> ConnectionError:
    """No connection.

    Args:
        error: what the system said.
        peer: `host:port` or a path.
        proxy: how the proxy is called, if the connection was to be made to one.
    """
    whom = f"the proxy {proxy}" if proxy else peer
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            return ConnectionError(f"The address of {whom} cannot be found ({cause.strerror}).")
    numbers = {cause.errno for cause in _causes(error)} - {None}
    if errno.ECONNREFUSED in numbers:
        return ConnectionError(f"Nothing answers at {whom} (connection refused).")
    reasons = sorted(os.strerror(number).lower() for number in numbers if number)
    return ConnectionError(f"No connection to {whom} ({', '.join(reasons) or type(error).__name__}).")


def _causes(error: BaseException | None) -> Iterator[OSError]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _causes(inner)
    elif isinstance(error, OSError):
        yield error
        yield from _causes(error.__cause__)


def tls_failure(error: BaseException, host: str) -> ConnectionError:
    """No trust, or no TLS at all.

    Args:
        error: trio's error, with OpenSSL's as its cause.
        host: the name that the certificate should bear.
    """
    cause = error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return ConnectionError(
            f"The certificate of {host} is not trusted ({cause.verify_message}).",
            hint="If a private authority issued it, set ca_bundle for the provider, or SSL_CERT_FILE, to its file.",
            retryable=False,
        )
    reason = cause.reason if isinstance(cause, ssl.SSLError) and cause.reason else "the connection was closed"
    return ConnectionError(
        f"No TLS with {host} ({reason.replace('_', ' ').lower()}).", hint="Check that the server speaks https."
    )


def exchange_failure(error: Exception, peer: str, *, began: bool = False, ended: bool = False) -> Exception:
    """What broke a request or its answer.

    Args:
        error: what the transport caught.
        peer: the origin, for the message.
        began: whether the answer had begun.
        ended: whether the peer closed the connection.

    Returns:
        An error of Claif; the same error if it is none that HTTP can raise.
    """
    if isinstance(error, ClaifError):
        return error
    gone = isinstance(error, (httpcore2.NetworkError, OSError))
    if isinstance(error, httpcore2.RemoteProtocolError):
        # Without a cause the parser of HTTP has nothing to complain about: the peer went away too early.
        gone = ended if began else error.__cause__ is None
    if gone and began:
        return ConnectionError("The connection was lost in the middle of the answer.")
    if gone:
        return ConnectionError(f"{peer} closed the connection without an answer.")
    return _other(error, peer)


def _other(error: Exception, peer: str) -> Exception:
    if isinstance(error, httpcore2.ProxyError):
        reason = "".join(char for char in str(error) if char.isprintable())[:200]
        return ConnectionError(f"The proxy does not connect to {peer} ({reason}).", hint="Check the proxy's settings.")
    if isinstance(error, httpcore2.RemoteProtocolError):
        return ProtocolError(f"{peer} does not answer in proper HTTP.", hint="Check base_url.")
    if isinstance(error, httpcore2.LocalProtocolError):
        # Its text shows the offending header, which may be a key.
        return ProtocolError("The request cannot be written as HTTP.")
    if isinstance(error, AssertionError) or type(error).__module__.startswith("socksio"):
        return ConnectionError("The proxy does not speak SOCKS 5.", hint="Check the proxy's settings.")
    return error
