"""The scripted server in the Gemini API."""

from __future__ import annotations

import json
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from claif.errors import ConnectionError
from claif.testing import Behaviour, ScriptedServer
from claif.testing.gemini_script import GARBAGE, as_chat, chunks, whole
from claif.transport.http import HTTP

ASK = {"contents": [{"role": "user", "parts": [{"text": "How are you?"}]}]}
SHELL = {"functionDeclarations": [{"name": "other"}, {"name": "run_shell_command"}]}
CONTEXT = {"text": "<session_context>\nToday is Friday.\n</session_context>"}


def with_content(*parts: dict[str, Any]) -> dict[str, Any]:
    contents = [*ASK["contents"], {"role": "user", "parts": list(parts)}]
    return {**ASK, "tools": [SHELL], "contents": contents}


def folded(found: list[dict[str, Any]]) -> dict[str, Any]:
    """What a client makes of a stream: the last chunk, with the parts of all."""
    parts: list[dict[str, Any]] = []
    for chunk in found:
        for part in chunk["candidates"][0]["content"]["parts"]:
            if parts and "text" in part and "text" in parts[-1] and part.get("thought") == parts[-1].get("thought"):
                parts[-1] = {**part, "text": parts[-1]["text"] + part["text"]}
            elif part.get("text") != "":
                parts.append(part)
    (candidate,) = found[-1]["candidates"]
    return {**found[-1], "candidates": [{**candidate, "content": {"role": "model", "parts": parts}}]}


@given(
    st.builds(
        Behaviour,
        text=st.text(min_size=1),
        piece=st.integers(0, 5),
        reasoning=st.sampled_from(["", "yes"]),
        tool=st.booleans(),
        shell=st.sampled_from(["", "ls"]),
        finish=st.sampled_from(["stop", "length", "none"]),
        usage=st.booleans(),
    )
)
def test_a_stream_and_a_whole_answer_are_the_same(behaviour: Behaviour) -> None:
    request = {**ASK, "tools": [SHELL]}
    assert folded(list(chunks(behaviour, request))) == whole(behaviour, request)


async def ask(server: ScriptedServer, method: str = "generateContent", request: Any = ASK, **behaviour: object):
    async with HTTP() as http:
        endpoint = http.endpoint(server.root_url(**behaviour))
        response = await endpoint.request("POST", f"/v1beta/models/m-1:{method}", body=json.dumps(request).encode())
        return response.status, response.header("retry-after"), json.loads(response.body)


async def stream(server: ScriptedServer, **behaviour: object) -> list[dict[str, Any]]:
    path = "/v1beta/models/m-1:streamGenerateContent?alt=sse"
    async with HTTP() as http:
        endpoint = http.endpoint(server.root_url(**behaviour))
        async with endpoint.stream("POST", path, body=json.dumps(ASK).encode()) as response:
            return [json.loads(data) async for batch in response.sse() for _, data in batch]


def text_of(found: dict[str, Any]) -> str:
    return "".join([part["text"] for part in found["candidates"][0]["content"]["parts"]])


async def test_it_answers_in_a_stream_and_in_one_piece() -> None:
    async with ScriptedServer() as server:
        streamed = folded(await stream(server))
        _, _, body = await ask(server)
        _, _, plain = await ask(server, "streamGenerateContent", plain=True)
    assert text_of(streamed) == text_of(body) == text_of(plain) == "Hello from the scripted server."
    assert (body["modelVersion"], body["candidates"][0]["finishReason"]) == ("m-1", "STOP")
    assert streamed["usageMetadata"] == {
        "promptTokenCount": 3,
        "candidatesTokenCount": 5,
        "thoughtsTokenCount": 0,
        "cachedContentTokenCount": 1,
        "totalTokenCount": 8,
    }


async def test_each_delta_is_an_event() -> None:
    async with ScriptedServer() as server:
        found = await stream(server, text="one two")
        assert [text_of(chunk) for chunk in found] == ["one", " two", ""]
        assert ["finishReason" in chunk["candidates"][0] for chunk in found] == [False, False, True]


async def test_tokens_are_counted_beforehand() -> None:
    async with ScriptedServer() as server:
        assert await ask(server, "countTokens") == (200, None, {"totalTokens": 3})
        asked = {**ASK, "systemInstruction": {"parts": [{"text": "Be terse."}]}}
        assert await ask(server, "countTokens", {"generateContentRequest": asked}) == (200, None, {"totalTokens": 5})
        assert await ask(server, "countTokens", {"contents": []}) == (200, None, {})


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "INVALID_ARGUMENT"),
        (401, "UNAUTHENTICATED"),
        (404, "NOT_FOUND"),
        (429, "RESOURCE_EXHAUSTED"),
        (500, "INTERNAL"),
    ],
)
async def test_errors_have_their_names(status: int, name: str) -> None:
    async with ScriptedServer() as server:
        found = await ask(server, error=status, message="No.")
    assert found == (status, None, {"error": {"code": status, "message": "No.", "status": name}})


async def test_an_error_says_in_its_body_too_when_to_ask_again() -> None:
    async with ScriptedServer() as server:
        _, header, body = await ask(server, error=429, retry_after=2)
    detail = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "2s"}
    assert (header, body["error"]["details"]) == ("2", [detail])


async def test_an_error_has_its_reason_or_its_quota_in_its_details() -> None:
    async with ScriptedServer() as server:
        _, _, bad_key = await ask(server, error=400, code="API_KEY_INVALID")
        _, _, quota = await ask(server, error=429, code="RequestsPerDay", retry_after="18.4")
    assert (bad_key["error"]["status"], bad_key["error"]["details"][0]["reason"]) == (
        "INVALID_ARGUMENT",
        "API_KEY_INVALID",
    )
    violated, again = quota["error"]["details"]
    assert (quota["error"]["status"], violated["violations"], again["retryDelay"]) == (
        "RESOURCE_EXHAUSTED",
        [{"quotaId": "RequestsPerDay"}],
        "18.4s",
    )


@pytest.mark.parametrize(("block", "feedback"), [("SAFETY", {"blockReason": "SAFETY"}), ("none", None)])
async def test_a_prompt_can_be_refused_with_a_reason_or_without(block: str, feedback: Any) -> None:
    async with ScriptedServer() as server:
        (streamed,) = await stream(server, block=block)
        _, _, whole = await ask(server, block=block)
    for found in (streamed, whole):
        assert "candidates" not in found
        assert found.get("promptFeedback") == feedback


async def test_a_stream_that_is_not_asked_for_as_events_is_a_list() -> None:
    async with ScriptedServer() as server:
        _, _, found = await ask(server, "streamGenerateContent")
        assert found == await stream(server)


async def test_an_error_inside_the_stream_ends_it() -> None:
    async with ScriptedServer() as server:
        found = await stream(server, fail="UNAVAILABLE", after=2)
    assert [list(chunk) for chunk in found[:2]] == [["candidates", "modelVersion", "responseId"]] * 2
    assert found[2:] == [
        {"error": {"code": 500, "message": "The scripted server fails in the stream.", "status": "UNAVAILABLE"}}
    ]


async def test_a_cut_a_short_and_a_stalled_stream_are_not_complete() -> None:
    async with ScriptedServer() as server:
        with pytest.raises(ConnectionError):
            await stream(server, cut=2)
        assert "finishReason" not in (await stream(server, short=2))[-1]["candidates"][0]
        with trio.move_on_after(0.1) as scope:
            await stream(server, stall="stream")
        assert scope.cancelled_caught


async def test_models_are_listed_in_the_shape_of_who_asks() -> None:
    async with ScriptedServer(models=["a", "b"]) as server, HTTP() as http:
        found = json.loads((await http.endpoint(server.root_url()).request("GET", "/v1beta/models")).body)
    assert [model["name"] for model in found["models"]] == ["models/a", "models/b"]


async def test_models_come_in_pages() -> None:
    names = [f"m{number}" for number in range(60)]
    async with ScriptedServer(models=[*names, "embedding-1"]) as server, HTTP() as http:
        endpoint = http.endpoint(server.root_url())
        first = json.loads((await endpoint.request("GET", "/v1beta/models")).body)
        token = first["nextPageToken"]
        last = json.loads((await endpoint.request("GET", f"/v1beta/models?pageToken={token}")).body)
    assert "nextPageToken" not in last
    assert [model["name"] for model in first["models"] + last["models"]] == [f"models/{n}" for n in names] + [
        "models/embedding-1"
    ]
    assert last["models"][-1]["supportedGenerationMethods"] == ["embedContent"]


@pytest.mark.parametrize("method", ["embedContent", "nothing"])
async def test_an_unknown_method_is_refused_in_the_shape_of_who_asks(method: str) -> None:
    async with ScriptedServer() as server:
        status, _, body = await ask(server, method)
    assert (status, body["error"]["status"]) == (404, "NOT_FOUND")


async def test_a_body_that_is_no_json_is_refused_in_the_shape_of_who_asks() -> None:
    async with ScriptedServer() as server, HTTP() as http:
        path = "/v1beta/models/m:generateContent"
        response = await http.endpoint(server.root_url()).request("POST", path, body=b"no json")
    assert (response.status, json.loads(response.body)["error"]["status"]) == (400, "INVALID_ARGUMENT")


RESULT = {"functionResponse": {"name": "run_shell_command", "response": {"output": "tool-ran"}}}
FAILED = {"functionResponse": {"name": "run_shell_command", "response": {"error": "tool-failed"}}}
OTHER = {"functionResponse": {"name": "run_shell_command", "response": {"a": 1}}}
TEXT = {"text": "second"}


@pytest.mark.parametrize(
    ("parts", "answer"),
    [
        ((TEXT,), "call"),
        ((RESULT,), "tool-ran"),
        ((FAILED,), "tool-failed"),
        ((OTHER,), '{"a": 1}'),
        ((RESULT, TEXT), "call"),
        ((CONTEXT, TEXT), "call"),
    ],
)
def test_a_tool_is_called_once_for_each_prompt(parts: tuple[dict[str, Any], ...], answer: str) -> None:
    (part,) = whole(Behaviour(shell="ls"), with_content(*parts))["candidates"][0]["content"]["parts"]
    assert part.get("text", "call") == answer
    call = part.get("functionCall", {"name": "run_shell_command", "args": {"command": "ls"}})
    assert (call["name"], call["args"]) == ("run_shell_command", {"command": "ls"})


def test_what_the_client_adds_to_a_prompt_is_not_the_prompt() -> None:
    image = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}
    assert as_chat(with_content(CONTEXT, image, TEXT))["messages"][-1] == {"role": "user", "content": "second"}


def test_a_garbled_event_is_garbled_in_this_protocol_too() -> None:
    for data in GARBAGE.values():
        assert data.endswith(b"\n\n")
    with pytest.raises(UnicodeDecodeError):
        GARBAGE["utf8"].decode()
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(GARBAGE["json"].removeprefix(b"data: "))
