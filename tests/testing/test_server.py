"""The scripted server behaves as its URL says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.client import HTTPConnection
from typing import Any

import pytest
import trio

from claif.errors import ConnectionError
from claif.testing import ScriptedServer, ServerProcess
from claif.transport.endpoint import Endpoint
from claif.transport.http import HTTP

ASK = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "How are you?"}]}
COUNTED = {**ASK, "stream_options": {"include_usage": True}}


@asynccontextmanager
async def endpoint(server: ScriptedServer, **behaviour: object) -> AsyncIterator[Endpoint]:
    async with HTTP() as http:
        yield http.endpoint(server.url(**behaviour))


async def chunks(server: ScriptedServer, request: dict[str, Any] = ASK, **behaviour: object) -> list[Any]:
    body = json.dumps(request).encode()
    async with endpoint(server, **behaviour) as to, to.stream("POST", "/chat/completions", body=body) as response:
        data = [data async for batch in response.sse() for _, data in batch]
    return [text if text == "[DONE]" else json.loads(text) for text in data]


async def answer(server: ScriptedServer, request: dict[str, Any] = ASK, **behaviour: object) -> tuple[int, Any]:
    async with endpoint(server, **behaviour) as to:
        response = await to.request("POST", "/chat/completions", body=json.dumps(request).encode())
    return response.status, response.body


def text_of(found: list[Any]) -> str:
    deltas = [chunk["choices"][0]["delta"] for chunk in found if chunk != "[DONE]" and chunk["choices"]]
    return "".join([delta.get("content") or "" for delta in deltas])


async def test_it_streams_chat_completions() -> None:
    async with ScriptedServer() as server:
        found = await chunks(server, COUNTED)
    assert text_of(found) == "Hello from the scripted server."
    assert found[0]["choices"][0]["delta"] == {"role": "assistant", "content": None}
    assert found[-3]["choices"][0]["finish_reason"] == "stop"
    assert found[-2]["choices"] == []
    assert found[-2]["usage"]["prompt_tokens"] == 3
    assert found[-1] == "[DONE]"


@pytest.mark.parametrize("size", [0, 1, 7])
async def test_the_answer_is_the_same_however_small_the_writes_are(size: int) -> None:
    async with ScriptedServer() as server:
        assert text_of(await chunks(server, echo=True, bytes=size)) == "How are you?"


async def test_it_answers_in_one_piece_too() -> None:
    async with ScriptedServer() as server:
        for status, body in (await answer(server, {**ASK, "stream": False}), await answer(server, plain=True)):
            assert status == 200
            assert json.loads(body)["choices"][0]["message"]["content"] == "Hello from the scripted server."


async def test_it_thinks_and_calls_tools() -> None:
    tools = [{"type": "function", "function": {"name": "weather"}}]
    async with ScriptedServer() as server:
        found = await chunks(server, {**ASK, "tools": tools}, tool=True, reasoning="reasoning")
    deltas = [chunk["choices"][0]["delta"] for chunk in found[:-1]]
    assert "".join([delta.get("reasoning", "") for delta in deltas]) == "Let me think."
    calls = [call for delta in deltas for call in delta.get("tool_calls", ())]
    first = "".join([call["function"]["arguments"] for call in calls if call["index"] == 0])
    assert json.loads(first) == {"city": "Zürich", "days": 0}
    assert [call["function"]["name"] for call in calls if "name" in call["function"]] == ["weather", "weather"]
    assert found[-2]["choices"][0]["finish_reason"] == "tool_calls"


async def test_errors_have_a_status_a_code_and_a_wait() -> None:
    async with ScriptedServer() as server, endpoint(server, error=429, retry_after=2, code="too_fast") as to:
        response = await to.request("POST", "/chat/completions", body=b"{}")
    assert response.status == 429
    assert response.header("Retry-After") == "2"
    assert json.loads(response.body)["error"]["code"] == "too_fast"


@pytest.mark.parametrize(("body", "found"), [("html", b"<html><h1>502</h1></html>"), ("empty", b"")])
async def test_errors_can_come_without_json(body: str, found: bytes) -> None:
    async with ScriptedServer() as server:
        assert await answer(server, error=502, body=body) == (502, found)


async def test_it_misbehaves_only_so_many_times() -> None:
    async with ScriptedServer() as server:
        statuses = [(await answer(server, error=500, times=2))[0] for _ in range(3)]
    assert statuses == [500, 500, 200]


async def test_a_cut_breaks_the_connection_after_so_many_events() -> None:
    async with ScriptedServer() as server:
        with pytest.raises(ConnectionError):
            await chunks(server, cut=2)
        assert len(await chunks(server, short=2)) == 2


async def test_a_stall_keeps_the_connection_until_the_client_leaves() -> None:
    async with ScriptedServer() as server:
        for stall in ("headers", "stream"):
            with trio.move_on_after(0.1) as scope:
                await chunks(server, stall=stall)
            assert scope.cancelled_caught
        await server.wait_until_open(0)


async def test_waiting_in_vain_for_connections_to_close_ends() -> None:
    async with ScriptedServer() as server, await trio.open_tcp_stream("127.0.0.1", server.port):
        while server.open == 0:
            await trio.lowlevel.checkpoint()
        with pytest.raises(trio.TooSlowError):
            await server.wait_until_open(0, seconds=0.05)


async def test_it_lists_its_models() -> None:
    async with ScriptedServer(models=["a", "b"]) as server, endpoint(server) as to:
        response = await to.request("GET", "/models")
    assert [model["id"] for model in json.loads(response.body)["data"]] == ["a", "b"]


async def test_it_records_what_it_is_asked_and_counts_connections() -> None:
    async with ScriptedServer() as server, HTTP() as http:
        to = http.endpoint(server.url(), headers=[("x-name", "value")])
        for _ in range(3):
            await to.request("POST", "/chat/completions", body=b'{"messages": []}')
        assert (server.connections, server.open, len(server.requests)) == (1, 1, 3)
        request = server.requests[0]
        assert (request.method, request.path) == ("POST", "/v1/chat/completions")
        assert request.headers["x-name"] == "value"
        assert request.json == {"messages": []}
        assert request.connection == 1


@pytest.mark.parametrize("path", ["/eror=1/v1/models", "/v1/nothing"])
async def test_a_wrong_url_is_told_so(path: str) -> None:
    async with ScriptedServer() as server, HTTP() as http:
        response = await http.endpoint(f"http://127.0.0.1:{server.port}").request("GET", path)
    assert response.status in (400, 404)


@pytest.mark.parametrize("body", [b"no json", b""])
async def test_a_body_that_is_no_json_is_refused(body: bytes) -> None:
    async with ScriptedServer() as server, endpoint(server) as to:
        assert (await to.request("POST", "/chat/completions", body=body)).status == 400


async def test_what_is_no_http_ends_the_connection() -> None:
    async with ScriptedServer() as server:
        async with await trio.open_tcp_stream("127.0.0.1", server.port) as stream:
            await stream.send_all(b"\x16\x03\x01 this is TLS or worse\r\n\r\n")
            assert await stream.receive_some(100) == b""
        await server.wait_until_open(0)


async def test_it_comes_back_at_the_same_port() -> None:
    async with ScriptedServer() as server:
        port = server.port
        await server.stop()
        with pytest.raises(ConnectionError):
            await answer(server)
        await server.start()
        assert server.port == port
        assert (await answer(server))[0] == 200


async def test_an_exception_of_the_test_leaves_it_unwrapped() -> None:
    with pytest.raises(LookupError):
        async with ScriptedServer():
            raise LookupError


def fetch(url: str) -> Any:
    origin, _, path = url.removeprefix("http://").partition("/")
    connection = HTTPConnection(origin, timeout=5)
    try:
        connection.request("GET", f"/{path}", headers={"connection": "close"})
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def test_it_runs_in_a_process_of_its_own() -> None:
    with ServerProcess() as server:
        assert [model["id"] for model in fetch(server.url() + "/models")["data"]] == ["scripted-1", "scripted-2"]
        stats = server.stats()
    assert [request["path"] for request in stats["requests"]] == ["/v1/models"]
    assert stats["connections"] == 2


def test_the_process_ends_when_its_stdin_closes() -> None:
    command = [sys.executable, "-m", "claif.testing.server", "--port", "0"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=True)
    assert done.stdout.startswith(b"http://127.0.0.1:")
    assert done.stderr == b""


def test_a_process_that_does_not_start_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match="did not start"), ServerProcess():
        pass
