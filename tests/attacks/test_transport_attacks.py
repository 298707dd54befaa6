"""Attacks by a hostile or broken peer over HTTP; each number is that of the list of attacks in the security notes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trio
from transport.support import SSE_HEAD, Connection, answer, chunk, events_of, redirect, replies, serve, sse

from claif._json import loads
from claif.config.secret import Secret
from claif.errors import InvalidConfigError, ProtocolError, RateLimitError
from claif.transport.base_url import parse_base_url
from claif.transport.http import HTTP
from claif.transport.limits import MIB
from claif.transport.retry_after import LONGEST
from claif.transport.status import error_details, error_from_response

DEEP = b"[" * 100_000 + b"]" * 100_000
LONG_NUMBER = b"1" * 100_000


@contextmanager
def bounded_memory() -> Iterator[None]:
    """Fail if the process needs 64 MiB more for a moment, where the system can tell."""
    status, reset = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not os.access(reset, os.W_OK):
        yield
        return
    reset.write_text("5")
    before = _peak(status)
    yield
    assert _peak(status) - before < 64 * MIB


def _peak(status: Path) -> int:
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def bomb(mebibytes: int) -> bytes:
    """Zeros, packed by gzip."""
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    return b"".join(packer.compress(bytes(MIB)) for _ in range(mebibytes)) + packer.flush()


@pytest.mark.parametrize(
    "body", [DEEP, LONG_NUMBER, b'{"error":' + DEEP + b"}", b"NaN", b'{"a": Infinity}', b"\xff\xfe[\0"]
)
async def test_attack_16_and_17_json_that_is_deep_long_or_none_is_a_protocol_error(body: bytes) -> None:
    async with serve(replies(answer(body), sse(body.replace(b"\n", b" ")))) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)
        whole = (await endpoint.request("GET", "/")).body
        with pytest.raises(ProtocolError):
            loads(whole)
        assert error_details(whole) == (None, None)


@pytest.mark.parametrize("chunked", [False, True])
async def test_attack_18_an_endless_line_is_stopped_and_memory_stays_bounded(chunked: bool) -> None:
    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(SSE_HEAD if chunked else b"HTTP/1.1 200 OK\r\n\r\n")
        piece = b"data: " + b"x" * 100_000
        for _ in range(10_000):
            await connection.send(chunk(piece) if chunked else piece)

    with bounded_memory():
        async with serve(handler) as server, HTTP() as http:
            with pytest.raises(ProtocolError, match="event of more than 16,777,216 bytes"):
                await events_of(http.endpoint(server.url))
            await server.wait_until_open(0)


async def test_attack_20_bytes_that_are_no_utf8_are_an_error_after_the_events_before_them() -> None:
    utf16 = 'data: {"a": 1}\n\n'.encode("utf-16")
    async with serve(replies(sse(b"1", b"\xc3\x28"), SSE_HEAD + chunk(utf16) + chunk(b""))) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)
        async with endpoint.stream("GET", "/") as response:
            events = response.sse()
            assert await anext(events) == [(None, "1")]
            with pytest.raises(ProtocolError, match="not UTF-8"):
                await anext(events)
        assert await events_of(endpoint) == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "http://example.com/v1",
        "https://user:hunter2@example.com",
        "http://169.254.169.254/",
        "https://169.254.169.254/",
        "https://[::ffff:127.0.0.1]/",
        "http://0x7f.1/",
        "http://2130706433/",
    ],
)
async def test_attack_26_a_key_is_never_sent_to_an_address_that_is_odd_or_in_clear_text(url: str) -> None:
    async with HTTP() as http:
        with pytest.raises(InvalidConfigError) as caught:
            http.endpoint(url, headers={"authorization": Secret("Bearer sk-canary")})
    assert "hunter2" not in str(caught.value.to_dict())


async def test_attack_26_a_redirect_to_another_origin_gets_neither_key_nor_prompt() -> None:
    async with serve(replies(answer(b"{}"))) as thief:
        async with serve(replies(redirect(f"{thief.url}/steal"))) as server, HTTP() as http:
            endpoint = http.endpoint(server.url, headers={"authorization": Secret("Bearer sk-canary")})
            with pytest.raises(ProtocolError, match="redirects to"):
                await endpoint.request("POST", "/", body=b"prompt")
            with pytest.raises(ProtocolError, match="redirects to"):
                await events_of(endpoint)
        assert (thief.connections, thief.requests) == (0, [])


@pytest.mark.parametrize("streamed", [False, True])
async def test_attack_28_a_packed_bomb_is_not_unpacked(streamed: bool) -> None:
    body = answer(bomb(256), b"Content-Encoding: gzip")
    with bounded_memory():
        async with serve(replies(body)) as server, HTTP() as http:
            endpoint = http.endpoint(server.url)
            with pytest.raises(ProtocolError, match="unpacks to more"):
                await (events_of(endpoint) if streamed else endpoint.request("GET", "/"))
            await server.wait_until_open(0)


async def test_attack_29_a_million_tiny_events_are_bounded_in_time_and_memory() -> None:
    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(SSE_HEAD)
        for _ in range(1000):
            await connection.send(chunk(b"data: x\n\n" * 1000))
        await connection.send(chunk(b""))

    count = 0
    started = time.process_time()
    with bounded_memory():
        async with serve(handler) as server, HTTP() as http, http.endpoint(server.url).stream("GET", "/") as response:
            async for batch in response.sse():
                count += len(batch)
    assert count == 1_000_000
    assert time.process_time() - started < 20


async def test_attack_29_an_event_that_never_ends_and_one_after_the_end_harm_nobody() -> None:
    late = sse(b"[DONE]", b"more")
    unfinished = SSE_HEAD + chunk(b"data: 1\n\ndata") + chunk(b"")
    async with serve(replies(late, unfinished)) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)
        async with endpoint.stream("GET", "/") as response:
            assert (await anext(response.sse()))[0] == (None, "[DONE]")
        async with endpoint.stream("GET", "/") as response:
            assert [batch async for batch in response.sse()] == [[(None, "1")]]
            assert response.dropped == 4
        assert server.connections == 1


async def test_attack_29_ten_thousand_chunks_of_one_byte_are_read() -> None:
    text = json.dumps({"text": "x" * 9_980}).encode()
    body = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    body += b"".join(chunk(text[place : place + 1]) for place in range(len(text))) + chunk(b"")
    async with serve(replies(body)) as server, HTTP() as http:
        assert loads((await http.endpoint(server.url).request("GET", "/")).body)["text"] == "x" * 9_980


async def test_attack_29_endless_headers_and_interim_answers_end_with_patience() -> None:
    async def handler(connection: Connection) -> None:
        await connection.request()
        while True:
            await connection.send(b"HTTP/1.1 102 Processing\r\n\r\n" * 100)

    async with serve(handler) as server, HTTP() as http:
        with trio.move_on_after(0.2) as scope:
            await http.endpoint(server.url).request("GET", "/")
        assert scope.cancelled_caught
        await server.wait_until_open(0)


@pytest.mark.parametrize("value", [b"1e9", b"-5", b"NaN", b"inf", b"Infinity", b"soon", b"\xff", b"9" * 400])
@pytest.mark.parametrize("name", [b"retry-after", b"retry-after-ms"])
def test_attack_48_a_hostile_wait_is_none(name: bytes, value: bytes) -> None:
    error = error_from_response(429, [(name, value)])
    assert isinstance(error, RateLimitError)
    assert error.retry_after is None


@pytest.mark.parametrize("value", [b"1000000000", b"Thu, 01 Jan 2099 00:00:00 GMT"])
def test_attack_48_a_wait_for_ever_is_clamped(value: bytes) -> None:
    assert error_from_response(429, [(b"retry-after", value)]).retry_after == LONGEST


def test_a_key_is_not_in_a_traceback_with_local_variables() -> None:
    code = """
        import logging, trio, loguru, sys
        from claif.config.secret import Secret
        from claif.transport.http import HTTP
        logging.basicConfig(level=logging.DEBUG)

        async def main():
            async with HTTP() as http:
                endpoint = http.endpoint("http://127.0.0.1:9", headers={"authorization": Secret("Bearer sk-canary")})
                try:
                    await endpoint.request("POST", "/", body=b"{}")
                except Exception:
                    loguru.logger.opt(exception=True).error("failed")

        loguru.logger.remove()
        loguru.logger.add(sys.stderr, diagnose=True, backtrace=True)
        trio.run(main)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    assert "refused" in done.stderr
    assert "canary" not in done.stderr + done.stdout


def test_urls_with_passwords_are_never_shown() -> None:
    with pytest.raises(InvalidConfigError) as caught:
        parse_base_url("https://me:hunter2@example.com/")
    assert "hunter2" not in f"{caught.value!r} {caught.value.to_dict()}"
