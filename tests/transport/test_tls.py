"""TLS: only certificates that are trusted, private authorities where the user names them."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trio
import trustme
from transport.support import OK, Connection, events_of, replies, serve, sse

from claif.errors import ConfigurationError, ConnectionError
from claif.transport.http import HTTP
from claif.transport.tls import Trust

AUTHORITY = trustme.CA()


@pytest.fixture
def bundle(tmp_path: Path) -> str:
    """The file of the private authority's certificate."""
    path = tmp_path / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(str(path))
    return str(path)


def server_context(*names: str) -> ssl.SSLContext:
    """The server's side, with a certificate for these names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert(*names).configure_cert(context)
    return context


async def test_a_private_authority_is_trusted_where_the_user_names_it(bundle: str) -> None:
    async with serve(replies(OK, sse(b"1", b"2")), tls=server_context("127.0.0.1")) as server, HTTP() as http:
        endpoint = http.endpoint(server.url, ca_bundle=bundle)
        assert (await endpoint.request("POST", "/", body=b"{}")).body == b"{}"
        assert await events_of(endpoint) == [(None, "1"), (None, "2")]
        assert server.connections == 1
        assert server.requests[0].first.endswith(b"\r\n\r\n{}")


async def test_a_private_authority_is_trusted_by_the_usual_variable(
    bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", bundle)
    async with serve(replies(OK), tls=server_context("127.0.0.1")) as server, HTTP() as http:
        assert (await http.endpoint(server.url).request("GET", "/")).status == 200


async def test_a_certificate_of_an_unknown_authority_is_refused_with_the_remedy(bundle: str) -> None:
    async with serve(replies(OK), tls=server_context("127.0.0.1")) as server, HTTP() as http:
        with pytest.raises(ConnectionError, match=r"certificate of 127\.0\.0\.1 is not trusted") as caught:
            await http.endpoint(server.url).request("GET", "/")
        assert "ca_bundle" in str(caught.value.hint)
        assert "SSL_CERT_FILE" in str(caught.value.hint)
        assert not caught.value.retryable
        # Trust in one endpoint is none in another one of the same origin.
        await http.endpoint(server.url, ca_bundle=bundle).request("GET", "/")
        with pytest.raises(ConnectionError, match="not trusted"):
            await http.endpoint(server.url).request("GET", "/")
        assert len(server.requests) == 1


async def test_a_certificate_for_another_name_is_refused(bundle: str) -> None:
    async with serve(replies(OK), tls=server_context("other.example")) as server, HTTP() as http:
        with pytest.raises(ConnectionError, match="is not trusted"):
            await http.endpoint(server.url, ca_bundle=bundle).request("GET", "/")
        assert server.requests == []


async def test_a_server_without_tls_is_named_as_such() -> None:
    async def handler(connection: Connection) -> None:
        await connection.stream.receive_some(1000)
        await connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with serve(handler) as server, HTTP() as http:
        with pytest.raises(ConnectionError, match=r"No TLS with 127\.0\.0\.1") as caught:
            await http.endpoint(server.url.replace("http:", "https:")).request("GET", "/")
        assert "https" in str(caught.value.hint)
        await server.wait_until_open(0)


async def test_cancelled_in_the_middle_of_a_handshake_nothing_is_left_behind() -> None:
    async def handler(connection: Connection) -> None:
        while await connection.stream.receive_some(1000):
            pass

    async with serve(handler) as server, HTTP() as http:
        with trio.move_on_after(0.05) as scope:
            await http.endpoint(server.url.replace("http:", "https:")).request("GET", "/")
        assert scope.cancelled_caught
        await server.wait_until_open(0)


async def test_a_connection_lost_in_a_handshake_is_a_connection_error() -> None:
    async def handler(connection: Connection) -> None:
        await connection.stream.receive_some(1000)

    async with serve(handler) as server, HTTP() as http:
        with pytest.raises(ConnectionError, match=r"No TLS with 127\.0\.0\.1"):
            await http.endpoint(server.url.replace("http:", "https:")).request("GET", "/")


@pytest.mark.parametrize("reset", [False, True])
async def test_a_cut_in_a_stream_over_tls_is_found(bundle: str, reset: bool) -> None:
    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(sse(b"1")[:-5])
        if reset:
            await connection.reset()

    async with serve(handler, tls=server_context("127.0.0.1")) as server, HTTP() as http:
        with pytest.raises(ConnectionError):
            await events_of(http.endpoint(server.url, ca_bundle=bundle))


async def test_a_bundle_that_cannot_be_read_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("no certificate")
    async with HTTP() as http:
        for name in ("missing.pem", "empty.pem"):
            with pytest.raises(ConfigurationError, match=f"ca_bundle .*{name}.* cannot be read"):
                await http.endpoint("https://127.0.0.1:1", ca_bundle=str(tmp_path / name)).request("GET", "/")


def test_a_bundle_of_the_environment_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/does/not/exist.pem")
    with pytest.raises(ConfigurationError, match="SSL_CERT_FILE"):
        Trust().context()


def test_a_context_is_made_once_for_all_connections(bundle: str) -> None:
    trust = Trust()
    assert trust.context() is trust.context()
    assert trust.context(bundle) is trust.context(bundle)
    assert trust.context() is not trust.context(bundle)


def test_a_folder_of_certificates_is_a_bundle_too(tmp_path: Path) -> None:
    assert Trust().context(str(tmp_path)).verify_mode is ssl.CERT_REQUIRED
