"""Requests that are answered whole, and answers that are not as they should be."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import trio
from transport.support import OK, Connection, answer, refusing, replies, serve

from claif import __version__
from claif.config.secret import Secret
from claif.errors import ConnectionError, InvalidConfigError, ProtocolError
from claif.transport.http import HTTP
from claif.transport.limits import Limits


async def test_a_request_is_answered_whole() -> None:
    async with serve(replies(answer(b'{"a":1}', b"X-Request-Id: r1", status=b"418 Teapot"))) as server, HTTP() as http:
        response = await http.endpoint(f"{server.url}/v1/").request("POST", "/chat?alt=sse", body=b"{}")
        assert (response.status, response.body, response.header("x-request-id")) == (418, b'{"a":1}', "r1")
    (request,) = server.requests
    assert (request.method, request.target, request.body) == ("POST", "/v1/chat?alt=sse", b"{}")


async def test_headers_say_who_asks_and_that_nothing_may_be_compressed() -> None:
    async with serve(replies(OK)) as server, HTTP() as http:
        endpoint = http.endpoint(server.url, headers={"authorization": Secret("Bearer k"), "X-A": "1"})
        await endpoint.request("POST", "/", body=b"{}", headers=[("X-B", "2")])
    (request,) = server.requests
    assert request.headers == {
        "host": f"127.0.0.1:{server.port}",
        "user-agent": f"claif/{__version__}",
        "accept": "*/*",
        "accept-encoding": "identity",
        "authorization": "Bearer k",
        "x-a": "1",
        "x-b": "2",
        "content-type": "application/json",
        "content-length": "2",
    }


async def test_headers_of_the_caller_replace_the_usual_ones() -> None:
    async with serve(replies(OK)) as server, HTTP() as http:
        endpoint = http.endpoint(server.url, headers={"User-agent": "mine", "accept": "text/plain"})
        await endpoint.request("POST", "/", body=b"x", headers={"Content-Type": "text/plain"})
        await http.endpoint(server.url, headers={"content-type": "a/b"}).request("POST", "/", body=b"x")
    first, second = server.requests
    assert (first.headers["user-agent"], first.headers["accept"]) == ("mine", "text/plain")
    assert first.first.lower().count(b"content-type:") == 1
    assert second.headers["content-type"] == "a/b"


async def test_head_and_body_leave_in_one_send() -> None:
    async with serve(replies(OK)) as server, HTTP() as http:
        await http.endpoint(server.url).request("POST", "/", body=b"b" * 1000)
        await http.endpoint(server.url).request("GET", "/")
    assert server.requests[0].first.endswith(b"\r\n\r\n" + b"b" * 1000)
    assert server.requests[1].body == b""


async def test_a_large_body_arrives_unharmed() -> None:
    body = bytes(range(256)) * 40_000
    async with serve(replies(OK)) as server, HTTP() as http:
        await http.endpoint(server.url).request("POST", "/", body=body)
    assert server.requests[0].body == body


async def test_a_unix_socket_is_reached_by_its_path(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    async with serve(replies(OK), uds=path) as server, HTTP() as http:
        await http.endpoint("http://model/v1", uds=path).request("GET", "/x")
    assert server.requests[0].headers["host"] == "model"
    async with HTTP() as http:
        with pytest.raises(ConnectionError, match="No connection to"):
            await http.endpoint("http://model", uds=path + "-none").request("GET", "/")


async def test_an_endpoint_can_be_made_before_trio_runs_and_bad_ones_are_refused_there() -> None:
    http = HTTP()
    with pytest.raises(InvalidConfigError):
        http.endpoint("http://example.com")
    with pytest.raises(InvalidConfigError):
        http.endpoint("https://example.com", headers={"x": "a\nb"})
    assert http.endpoint("http://example.com", allow_http=True).url.insecure


@pytest.mark.parametrize("path", ["", "x", "/a b", "/\r\nX: y", "/ä", "/#x", "//host\\x"])
async def test_a_path_that_is_no_path_is_a_mistake_of_the_caller(path: str) -> None:
    async with HTTP() as http:
        with pytest.raises(ValueError, match="not a path"):
            await http.endpoint("http://127.0.0.1:9").request("GET", path)


async def test_any_number_of_paths_may_be_used() -> None:
    async with serve(replies(OK)) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)
        for number in range(200):
            await endpoint.request("GET", f"/{number}")
    assert [request.target for request in server.requests] == [f"/{number}" for number in range(200)]


async def test_nobody_listening_and_no_such_name_are_told_apart() -> None:
    with refusing() as port:
        async with HTTP() as http:
            refused = rf"Nothing answers at 127\.0\.0\.1:{port} \(connection refused\)"
            with pytest.raises(ConnectionError, match=refused) as caught:
                await http.endpoint(f"http://127.0.0.1:{port}").request("GET", "/")
    async with HTTP() as http:
        assert caught.value.retryable
        with pytest.raises(ConnectionError, match=r"address of nowhere\.invalid:443 cannot be found"):
            await http.endpoint("https://nowhere.invalid").request("GET", "/")


@pytest.mark.parametrize(
    ("response", "kind", "message"),
    [
        (b"", ConnectionError, "closed the connection without an answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Len", ConnectionError, "closed the connection without an answer"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", ProtocolError, "proper HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", ProtocolError, "proper HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000 + b"\r\n\r\n", ProtocolError, "proper HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", ConnectionError, "lost in the middle"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}", ConnectionError, "lost in the middle"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}", ProtocolError, "proper HTTP"),
    ],
)
async def test_broken_answers_are_errors_of_claif(response: bytes, kind: type[Exception], message: str) -> None:
    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(response)

    async with serve(handler) as server, HTTP() as http:
        with pytest.raises(kind, match=message):
            await http.endpoint(server.url).request("POST", "/", body=b"{}")
        await server.wait_until_open(0)


async def test_an_answer_larger_than_the_limit_is_refused_and_its_connection_closed() -> None:
    async with serve(replies(answer(b"x" * 2000))) as server, HTTP() as http:
        with pytest.raises(ProtocolError, match="more than 1,000 bytes"):
            await http.endpoint(server.url, limits=Limits(body=1000)).request("GET", "/")
        await server.wait_until_open(0)


async def test_an_answer_that_comes_compressed_all_the_same_is_unpacked() -> None:
    packed = gzip.compress(b'{"a": 1}')
    async with serve(replies(answer(packed, b"Content-Encoding: gzip"))) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)
        assert (await endpoint.request("GET", "/")).body == b'{"a": 1}'
        assert (await endpoint.request("GET", "/")).body == b'{"a": 1}'
        assert server.connections == 1


async def test_an_unknown_encoding_is_refused_and_its_connection_closed() -> None:
    async with serve(replies(answer(b"x", b"Content-Encoding: br"))) as server, HTTP() as http:
        endpoint = http.endpoint(server.url)
        for _ in range(3):
            with pytest.raises(ProtocolError, match="not asked for"):
                await endpoint.request("GET", "/")
        await server.wait_until_open(0)
        with pytest.raises(ProtocolError, match="not asked for"):
            async with endpoint.stream("GET", "/"):
                pass
        await server.wait_until_open(0)


async def test_the_error_of_an_answer_hides_the_secret_that_the_provider_repeats() -> None:
    body = b'{"error": {"code": "invalid_api_key", "message": "Incorrect API key provided: sk-canary."}}'
    async with serve(replies(answer(body, status=b"401 Unauthorized"))) as server, HTTP() as http:
        endpoint = http.endpoint(server.url, headers={"authorization": Secret("Bearer sk-canary")})
        response = await endpoint.request("GET", "/")
        error = endpoint.error(response, response.body, provider="acme", model="m")
    assert "canary" not in str(error.to_dict())
    assert (error.code, error.status, error.provider) == ("invalid_api_key", 401, "acme")
    own = endpoint.error(response, response.body, code="context_length_exceeded", message="mine")
    assert (own.code, str(own)) == ("context_length_exceeded", "The provider answered 401 Unauthorized: mine")


async def test_an_early_answer_to_a_large_request_is_read() -> None:
    async def handler(connection: Connection) -> None:
        await connection.stream.receive_some(1000)
        await connection.send(answer(b"too large", status=b"413 Content Too Large"))
        with trio.move_on_after(20):
            while await connection.stream.receive_some(1 << 20):
                pass

    async with serve(handler) as server, HTTP() as http:
        response = await http.endpoint(server.url).request("POST", "/", body=b"x" * 3_000_000)
        assert response.status == 413


async def test_interim_answers_are_read_over() -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 3
    async with serve(replies(interim + OK)) as server, HTTP() as http:
        assert (await http.endpoint(server.url).request("GET", "/")).body == b"{}"
