"""The scripted server in Anthropic's Messages API."""

from __future__ import annotations

import json
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from claif.errors import ConnectionError
from claif.testing import Behaviour, ScriptedServer
from claif.testing.messages_script import as_chat, chunks, models, whole
from claif.transport.http import HTTP

ANTHROPIC = [("anthropic-version", "2023-06-01"), ("x-api-key", "sk-dummy")]
ASK = {"model": "m", "max_tokens": 100, "messages": [{"role": "user", "content": "How are you?"}]}
BASH = {"name": "Bash", "input_schema": {"type": "object"}}


def with_message(*content: dict[str, Any]) -> dict[str, Any]:
    return {**ASK, "tools": [BASH], "messages": [*ASK["messages"], {"role": "user", "content": list(content)}]}


def folded(events: list[dict[str, Any]]) -> dict[str, Any]:
    """What a client makes of a stream."""
    message: dict[str, Any] = {}
    inputs: dict[int, str] = {}
    for event in events:
        match event:
            case {"type": "message_start"}:
                message = event["message"]
            case {"type": "content_block_start"}:
                assert event["index"] == len(message["content"])
                message["content"].append(dict(event["content_block"]))
            case {"type": "content_block_delta", "index": index, "delta": {"partial_json": part}}:
                inputs[index] = inputs.get(index, "") + part
            case {"type": "content_block_delta", "index": index, "delta": delta}:
                name = delta["type"].removesuffix("_delta")
                message["content"][index][name] += delta[name]
            case {"type": "message_delta"}:
                message |= {**event["delta"], "usage": event["usage"]}
    for index, text in inputs.items():
        message["content"][index]["input"] = json.loads(text)
    return {name: value for name, value in message.items() if name != "id"}


@given(
    st.builds(
        Behaviour,
        text=st.text(),
        piece=st.integers(0, 5),
        reasoning=st.sampled_from(["", "yes", "redacted"]),
        tool=st.booleans(),
        shell=st.sampled_from(["", "ls"]),
        finish=st.sampled_from(["stop", "length", "none"]),
        usage=st.booleans(),
    )
)
def test_a_stream_and_a_whole_answer_are_the_same(behaviour: Behaviour) -> None:
    request = {**ASK, "tools": [BASH]}
    events = [event for together in chunks(behaviour, request) for event in together]
    assert [events[0]["type"], events[-1]["type"]] == ["message_start", "message_stop"]
    complete = whole(behaviour, request)
    assert folded(events) == {name: value for name, value in complete.items() if name != "id"}


async def ask(server: ScriptedServer, request: dict[str, Any] = ASK, path: str = "/messages", **behaviour: object):
    async with HTTP() as http:
        endpoint = http.endpoint(server.url(**behaviour), headers=ANTHROPIC)
        response = await endpoint.request("POST", path, body=json.dumps(request).encode())
        return response.status, response.header("retry-after"), json.loads(response.body)


async def stream(server: ScriptedServer, **behaviour: object) -> list[dict[str, Any]]:
    async with HTTP() as http:
        endpoint = http.endpoint(server.url(**behaviour), headers=ANTHROPIC)
        body = json.dumps({**ASK, "stream": True}).encode()
        async with endpoint.stream("POST", "/messages?beta=true", body=body) as response:
            named = [(name, json.loads(data)) async for batch in response.sse() for name, data in batch]
    assert [name for name, _ in named] == [data["type"] for _, data in named]
    return [data for _, data in named]


async def test_it_answers_in_a_stream_and_in_one_piece() -> None:
    async with ScriptedServer() as server:
        streamed = folded(await stream(server))
        _, _, body = await ask(server)
    assert streamed["content"] == body["content"] == [{"type": "text", "text": "Hello from the scripted server."}]
    assert body["stop_reason"] == "end_turn"
    assert body["usage"] == {
        "input_tokens": 3,
        "cache_creation_input_tokens": 3,
        "cache_read_input_tokens": 1,
        "output_tokens": 5,
    }


async def test_two_answers_have_two_ids() -> None:
    async with ScriptedServer() as server:
        assert (await ask(server))[2]["id"] != (await ask(server))[2]["id"]


async def test_tokens_are_counted_beforehand() -> None:
    async with ScriptedServer() as server:
        assert await ask(server, path="/messages/count_tokens") == (200, None, {"input_tokens": 3})


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, "authentication_error"),
        (402, "billing_error"),
        (404, "not_found_error"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (504, "timeout_error"),
        (529, "overloaded_error"),
    ],
)
async def test_errors_have_their_types(status: int, kind: str) -> None:
    async with ScriptedServer() as server:
        found = await ask(server, error=status, retry_after=2, message="No.")
    body = {"type": "error", "error": {"type": kind, "message": "No."}, "request_id": "req_scripted"}
    assert found == (status, "2", body)


async def test_an_error_inside_the_stream_ends_it() -> None:
    async with ScriptedServer() as server:
        events = await stream(server, fail="overloaded_error", after=2)
    assert [event["type"] for event in events if event["type"].endswith("_delta")] == ["content_block_delta"] * 2
    assert events[-1]["error"]["type"] == "overloaded_error"


async def test_a_cut_a_short_and_a_stalled_stream_are_not_complete() -> None:
    async with ScriptedServer() as server:
        with pytest.raises(ConnectionError):
            await stream(server, cut=2)
        assert "message_stop" not in [event["type"] for event in await stream(server, short=2)]
        with trio.move_on_after(0.1) as scope:
            await stream(server, stall="stream")
        assert scope.cancelled_caught


async def test_models_are_listed_in_the_shape_of_who_asks() -> None:
    async with ScriptedServer(models=["a", "b"]) as server, HTTP() as http:
        url = server.url()
        theirs = json.loads((await http.endpoint(url, headers=ANTHROPIC).request("GET", "/models")).body)
        ours = json.loads((await http.endpoint(url).request("GET", "/models")).body)
    assert ([model["type"] for model in theirs["data"]], theirs["last_id"]) == (["model", "model"], "b")
    assert [model["object"] for model in ours["data"]] == ["model", "model"]


async def test_a_long_list_of_models_has_pages() -> None:
    async with ScriptedServer(models=["a", "b", "c"]) as server, HTTP() as http:
        endpoint = http.endpoint(server.url(), headers=ANTHROPIC)
        first = json.loads((await endpoint.request("GET", "/models?limit=2")).body)
        second = json.loads((await endpoint.request("GET", "/models?limit=2&after_id=b")).body)
    assert ([model["id"] for model in first["data"]], first["has_more"], first["last_id"]) == (["a", "b"], True, "b")
    assert ([model["id"] for model in second["data"]], second["has_more"]) == (["c"], False)
    assert models([])["last_id"] is None


async def test_a_refusal_may_say_whether_to_ask_again() -> None:
    async with ScriptedServer() as server, HTTP() as http:
        endpoint = http.endpoint(server.url(error=429, should_retry="false"), headers=ANTHROPIC)
        response = await endpoint.request("POST", "/messages", body=json.dumps(ASK).encode())
    assert (response.status, response.header("x-should-retry")) == (429, "false")


async def test_an_unknown_path_is_refused_in_the_shape_of_who_asks() -> None:
    async with ScriptedServer() as server:
        status, _, body = await ask(server, path="/messages/batches")
    assert (status, body["error"]["type"]) == (404, "not_found_error")


async def test_clients_that_add_the_version_themselves_behave_as_the_url_says() -> None:
    async with ScriptedServer() as server, HTTP() as http:
        endpoint = http.endpoint(server.root_url(text="Grüezi/v1"))
        assert server.root_url() == f"http://127.0.0.1:{server.port}"
        body = json.dumps(ASK).encode()
        found = json.loads((await endpoint.request("POST", "/v1/messages?beta=true", body=body)).body)
    assert found["content"] == [{"type": "text", "text": "Grüezi/v1"}]


async def test_looking_whether_the_server_is_there_gets_no_body() -> None:
    async with ScriptedServer() as server, await trio.open_tcp_stream("127.0.0.1", server.port) as stream:
        await stream.send_all(b"HEAD /echo=yes HTTP/1.1\r\nhost: x\r\n\r\nGET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n")
        seen = b""
        while b"scripted-1" not in seen:
            seen += await stream.receive_some(4096)
    assert seen.split(b"\r\n\r\n")[1].startswith(b"HTTP/1.1 200")


RESULT = {"type": "tool_result", "tool_use_id": "x", "content": [{"type": "text", "text": "tool-ran"}]}
REMINDER = {"type": "text", "text": "<system-reminder>\nBe nice.\n</system-reminder>"}
TEXT = {"type": "text", "text": "second"}


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        ((TEXT,), "tool_use"),
        ((RESULT,), "tool-ran"),
        ((RESULT, REMINDER), "tool-ran"),
        ((RESULT, TEXT), "tool_use"),
        ((REMINDER, TEXT), "tool_use"),
    ],
)
def test_a_tool_is_called_once_for_each_prompt(content: tuple[dict[str, Any], ...], answer: str) -> None:
    found = whole(Behaviour(shell="ls"), with_message(*content))
    (block,) = found["content"]
    assert found["stop_reason"] == ("tool_use" if block["type"] == "tool_use" else "end_turn")
    assert block.get("text", block["type"]) == answer
    assert block.get("input", {}).get("command", "ls") == "ls"


def test_what_the_client_adds_to_a_prompt_is_not_the_prompt() -> None:
    request = with_message(REMINDER, TEXT)
    request["messages"].append({"role": "system", "content": "There are agents."})
    assert as_chat(request)["messages"][-1] == {"role": "user", "content": "second"}


def test_a_garbled_event_is_garbled_in_this_protocol_too() -> None:
    from claif.testing.messages_script import GARBAGE

    for data in GARBAGE.values():
        assert data.endswith(b"\n\n")
    with pytest.raises(UnicodeDecodeError):
        GARBAGE["utf8"].decode()
