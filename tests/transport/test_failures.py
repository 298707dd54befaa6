"""Whatever breaks below HTTP is said in the words of the user."""

from __future__ import annotations

import errno
import socket

import httpcore2
import pytest
import trio
from transport.support import OK, replies, serve
from trio.testing import memory_stream_pair

from claif.errors import ConnectionError, ProtocolError
from claif.transport.failures import connect_failure, exchange_failure
from claif.transport.http import HTTP
from claif.transport.network import Stream


def test_each_reason_why_nobody_could_be_reached_is_named() -> None:
    error = OSError("all attempts failed")
    error.__cause__ = ExceptionGroup("x", [OSError(errno.ENETUNREACH, "x"), OSError(errno.EHOSTUNREACH, "x")])
    message = str(connect_failure(error, "h:1"))
    assert message == "No connection to h:1 (network is unreachable, no route to host)."
    assert str(connect_failure(OSError("odd"), "h:1")) == "No connection to h:1 (OSError)."


def test_an_unknown_name_is_told_from_a_dead_network() -> None:
    assert "cannot be found" in str(connect_failure(socket.gaierror(-2, "Name or service not known"), "h:1"))
    assert "the proxy http://p:1" in str(connect_failure(ConnectionRefusedError(111, "x"), "p:1", proxy="http://p:1"))


def test_an_error_that_http_cannot_raise_passes_unchanged() -> None:
    error = ZeroDivisionError()
    assert exchange_failure(error, "peer") is error


def test_the_offending_header_is_not_shown() -> None:
    failure = exchange_failure(httpcore2.LocalProtocolError("Illegal header value b'hunter2'"), "peer")
    assert isinstance(failure, ProtocolError)
    assert "hunter2" not in str(failure)


async def test_a_method_that_is_none_is_refused_before_anything_is_sent() -> None:
    async with serve(replies(OK)) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)
        with pytest.raises(ProtocolError, match="cannot be written as HTTP"):
            await endpoint.request("GE T", "/")
        assert server.requests == []
        await server.wait_until_open(0)


async def test_a_write_into_a_broken_connection_leaves_the_answer_readable() -> None:
    ours, theirs = memory_stream_pair()
    stream = Stream(ours, "h:1", ready=True)
    await theirs.send_all(b"HTTP/1.1 413 x")
    await trio.aclose_forcefully(theirs)
    await stream.write(b"x" * 10)
    with pytest.raises(httpcore2.WriteError):
        await stream.write(b"")
    assert await stream.read(100) == b"HTTP/1.1 413 x"


async def test_an_answer_that_points_nowhere_is_an_answer() -> None:
    async with serve(replies(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n")) as server, HTTP() as http:
        assert (await http.endpoint(server.url).request("GET", "/")).status == 302


def test_connection_errors_are_those_of_the_system_too() -> None:
    assert isinstance(exchange_failure(httpcore2.ReadError(), "peer"), (ConnectionError, OSError))
