"""The watch of an attempt learns from the transport when the connection stands and when bytes come."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trio
import trustme
from transport.proxy import http_proxy
from transport.support import OK, SSE_HEAD, Connection, Recorder, chunk, replies, serve

from claif.pipeline.watchdog import current_watch
from claif.transport.http import HTTP


async def test_connecting_ends_before_the_request_is_sent_and_every_read_is_a_sign_of_life() -> None:
    async def handler(connection: Connection) -> None:
        await connection.request()
        assert watch.told == ["connected"]
        await connection.send(SSE_HEAD)
        for _ in range(3):
            await trio.sleep(0.01)
            await connection.send(chunk(b": ping\n\n"))
        await connection.send(chunk(b""))

    watch = Recorder()
    async with serve(handler) as server, HTTP() as http:
        current_watch.set(watch)
        async with http.endpoint(server.url).stream("GET", "/") as response:
            assert [batch async for batch in response.sse()] == []
    assert watch.told[0] == "connected"
    assert watch.told.count("touch") >= 4


async def test_a_kept_connection_is_connected_too() -> None:
    async with serve(replies(OK)) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)
        await endpoint.request("GET", "/")
        watch = Recorder()
        current_watch.set(watch)
        await endpoint.request("GET", "/")
    assert watch.told == ["connected", "touch"]


async def test_without_an_answer_there_is_no_sign_of_life() -> None:
    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.request()

    watch = Recorder()
    async with serve(handler) as server, HTTP() as http, trio.open_nursery() as nursery:
        current_watch.set(watch)
        nursery.start_soon(http.endpoint(server.url).request, "GET", "/")
        await server.wait_for_requests(1)
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert watch.told == ["connected"]


async def test_a_tunnel_is_not_yet_a_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("model.example").configure_cert(context)
    watch = Recorder()
    async with serve(replies(OK), tls=context) as server, http_proxy(server.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        async with HTTP() as http:
            current_watch.set(watch)
            await http.endpoint("https://model.example", ca_bundle=str(tmp_path / "ca.pem")).request("GET", "/")
    assert watch.told == ["touch", "connected", "touch"]
