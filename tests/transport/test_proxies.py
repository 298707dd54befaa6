"""Proxies: what other programs read in the environment, and credentials that nobody sees."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
import trio
import trustme
from transport.proxy import http_proxy, socks_proxy
from transport.support import OK, Connection, events_of, refusing, replies, serve, sse

from claif.errors import ConnectionError, DependencyError, InvalidConfigError
from claif.transport.base_url import parse_base_url
from claif.transport.http import HTTP
from claif.transport.proxies import find_proxy, parse_proxy, proxy_name


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without the proxies of whoever runs the tests."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


def no_tls() -> ssl.SSLContext:
    """Where no TLS to the proxy is expected."""
    raise AssertionError


def found(url: str) -> str | None:
    """How the proxy for a URL is called."""
    proxy = find_proxy(parse_base_url(url, allow_http=True), no_tls)
    return proxy_name(proxy) if proxy else None


def test_each_scheme_has_its_variable_and_all_proxy_serves_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found("https://a.example") is None
    monkeypatch.setenv("ALL_PROXY", "socks5://s:1")
    assert found("https://a.example") == "socks5://s:1"
    monkeypatch.setenv("HTTPS_PROXY", "http://p:2")
    monkeypatch.setenv("http_proxy", "q:3")
    assert found("https://a.example") == "http://p:2"
    assert found("http://a.example") == "http://q:3"


@pytest.mark.parametrize(
    ("no_proxy", "direct"),
    [
        ("*", True),
        ("a.example", True),
        (".example", True),
        ("example", True),
        ("a.example:8443", True),
        ("a.example:9", False),
        ("b.example, other", False),
        ("", False),
    ],
)
def test_no_proxy_names_whom_to_reach_directly(no_proxy: str, direct: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://p:2")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert found("https://a.example:8443") == (None if direct else "http://p:2")


def test_no_proxy_may_name_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://p:2")
    monkeypatch.setenv("NO_PROXY", "a.example, 300.0.0.0/8, 10.0.0.0/8, fd00::/8")
    assert found("http://10.1.2.3:8000") is None
    assert found("http://[fd00::7]:8000") is None
    assert found("http://11.1.2.3:8000") == "http://p:2"
    assert found("http://ten.example") == "http://p:2"


@pytest.mark.parametrize("url", ["http://127.0.0.1:11434", "https://localhost", "http://[::1]:1"])
def test_this_machine_is_never_reached_through_a_proxy(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://p:2")
    assert found(url) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("http://p", "http://p:80"),
        ("p:8080", "http://p:8080"),
        ("HTTP://P:1/", "http://p:1"),
        ("socks5h://p", "socks5h://p:1080"),
        ("socks://p", "socks5://p:1080"),
    ],
)
def test_proxies_are_written_in_many_ways(text: str, name: str) -> None:
    assert proxy_name(parse_proxy(text, no_tls)) == name


@pytest.mark.parametrize(
    "text",
    ["socks4://u:hunter2@p", "ftp://p", "http://", "http://p:x", "http://hunter2@p:99999", "http://ü", "http://[x"],
)
def test_a_proxy_that_cannot_be_used_is_a_configuration_error_without_its_password(text: str) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        parse_proxy(text, no_tls)
    assert "hunter2" not in str(caught.value.to_dict())


def test_credentials_are_decoded_and_never_shown() -> None:
    proxy = parse_proxy("http://us%40er:p%3Aw@p:1", no_tls)
    assert proxy.auth is not None
    assert [bytes(part) for part in proxy.auth] == [b"us@er", b"p:w"]
    assert "p:w" not in repr(proxy.auth)
    assert parse_proxy("http://user@p:1", no_tls).auth is not None


def test_a_socks_proxy_without_the_package_for_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("claif.transport.proxies.find_spec", lambda _name: None)
    with pytest.raises(DependencyError) as caught:
        parse_proxy("socks5://proxy.test:1080", pytest.fail)
    assert "pip install socksio" in (caught.value.hint or "")


def test_a_proxy_by_https_gets_a_tls_context() -> None:
    context = ssl.create_default_context()
    assert parse_proxy("https://p", lambda: context).ssl_context is context


async def test_http_is_forwarded_by_a_proxy_with_the_credentials_of_its_url(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve(replies(OK, sse(b"1"))) as server, http_proxy(server.port, password="us@er:pw") as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://us%40er:pw@{proxy.address}")
        async with HTTP() as http:
            endpoint = http.endpoint("http://model.example/v1", allow_http=True)
            assert (await endpoint.request("POST", "/x", body=b"{}")).body == b"{}"
            assert await events_of(endpoint) == [(None, "1")]
        assert proxy.asked == ["POST http://model.example/v1/x"]
        assert proxy.credentials == ["us@er:pw"]
        assert server.requests[0].headers["host"] == "model.example"


@pytest.fixture
def authority() -> trustme.CA:
    """A private authority."""
    return trustme.CA()


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> str:
    """The file of its certificate."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    """The server's side for model.example."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("model.example").configure_cert(context)
    return context


@pytest.mark.parametrize("kind", ["http", "socks5"])
async def test_https_goes_through_a_tunnel_and_its_connection_is_kept(
    kind: str, bundle: str, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_proxy = http_proxy if kind == "http" else socks_proxy
    async with serve(replies(OK, sse(b"1"), OK), tls=tls) as server, open_proxy(server.port, password="u:pw") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"{kind}://u:pw@{proxy.address}")
        async with HTTP() as http:
            endpoint = http.endpoint("https://model.example", ca_bundle=bundle)
            await endpoint.request("POST", "/", body=b"{}")
            assert await events_of(endpoint) == [(None, "1")]
            await endpoint.request("POST", "/", body=b"{}")
        assert len(proxy.asked) == server.connections == 1
        assert "model.example:443" in proxy.asked[0]
        assert "proxy-authorization" not in server.requests[0].headers


async def test_http_goes_through_socks_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve(replies(OK)) as server, socks_proxy(server.port) as proxy:
        monkeypatch.setenv("ALL_PROXY", f"socks5h://{proxy.address}")
        async with HTTP() as http:
            endpoint = http.endpoint("http://model.example:8000", allow_http=True)
            for _ in range(2):
                await endpoint.request("GET", "/")
        assert proxy.asked == ["model.example:8000"]


@pytest.mark.parametrize("kind", ["http", "socks5"])
async def test_a_refused_password_is_an_error_that_shows_none(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    open_proxy = http_proxy if kind == "http" else socks_proxy
    async with open_proxy(1, password="user:right") as proxy:
        monkeypatch.setenv("ALL_PROXY", f"{kind}://user:hunter2@{proxy.address}")
        async with HTTP() as http:
            endpoint = http.endpoint("https://model.example")
            for _ in range(3):
                with pytest.raises(
                    ConnectionError, match=r"proxy does not connect to https://model\.example"
                ) as caught:
                    await endpoint.request("GET", "/")
                assert "hunter2" not in str(caught.value.to_dict())
                assert str(caught.value).isprintable()
            assert not endpoint._pool.busy | set(endpoint._pool.idle)


async def test_a_proxy_that_is_down_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing() as port:
        monkeypatch.setenv("ALL_PROXY", f"http://user:hunter2@127.0.0.1:{port}")
        async with HTTP() as http:
            with pytest.raises(ConnectionError, match=rf"at the proxy http://127\.0\.0\.1:{port} ") as caught:
                await http.endpoint("https://model.example").request("GET", "/")
    assert "hunter2" not in str(caught.value.to_dict())


@pytest.mark.parametrize("garbage", [b"", b"\x05", b"garbage", b"\x05\0\x05\0", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
async def test_whatever_a_broken_socks_proxy_says_is_a_connection_error(
    garbage: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def handler(connection: Connection) -> None:
        await connection.stream.receive_some(100)
        await connection.send(garbage)

    async with serve(handler) as server:
        monkeypatch.setenv("ALL_PROXY", f"socks5://127.0.0.1:{server.port}")
        async with HTTP() as http:
            with pytest.raises(ConnectionError):
                await http.endpoint("https://model.example").request("GET", "/")
        await server.wait_until_open(0)


async def test_a_socks_proxy_that_cannot_connect_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    async with socks_proxy(1, reply=b"\x04") as proxy:
        monkeypatch.setenv("ALL_PROXY", f"socks5://{proxy.address}")
        async with HTTP() as http:
            with pytest.raises(ConnectionError, match=r"does not connect to https://model\.example"):
                await http.endpoint("https://model.example").request("GET", "/")


@pytest.mark.parametrize("kind", ["http", "socks5"])
async def test_cancelled_while_the_proxy_is_silent_nothing_is_left_behind(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def handler(connection: Connection) -> None:
        while await connection.stream.receive_some(1000):
            pass

    async with serve(handler) as server:
        monkeypatch.setenv("ALL_PROXY", f"{kind}://127.0.0.1:{server.port}")
        async with HTTP() as http:
            endpoint = http.endpoint("https://model.example")
            with trio.move_on_after(0.05) as scope:
                await endpoint.request("GET", "/")
            assert scope.cancelled_caught
            await server.wait_until_open(0)
            assert not endpoint._pool.busy | set(endpoint._pool.idle)


async def test_an_untrusted_server_behind_a_tunnel_leaves_nothing_behind(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve(replies(OK), tls=tls) as server, http_proxy(server.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        async with HTTP() as http:
            endpoint = http.endpoint("https://model.example")
            with pytest.raises(ConnectionError, match=r"certificate of model\.example is not trusted"):
                await endpoint.request("GET", "/")
            await server.wait_until_open(0)
            assert not endpoint._pool.busy | set(endpoint._pool.idle)


def test_without_a_proxy_the_slow_import_is_spared() -> None:
    code = (
        "import sys; from claif.transport.http import HTTP; "
        "HTTP().endpoint('https://a.example'); assert 'urllib.request' not in sys.modules"
    )
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
