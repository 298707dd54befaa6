"""The Responses API through a client, against a server on loopback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from claif.api import (
    AuthenticationError,
    Client,
    ContextLengthError,
    InvalidConfigError,
    Message,
    ProtocolError,
    ProviderRuntimeError,
    Reply,
    Role,
    TextBlock,
    ThinkingBlock,
    Tool,
    ToolResultBlock,
    ToolUseBlock,
    Usage,
)
from claif.testing import ScriptedServer

WEATHER = Tool("weather", "Tells the weather.")


@asynccontextmanager
async def asking(server: ScriptedServer, table: Mapping[str, Any] = {}, **behaviour: object) -> AsyncIterator[Client]:
    house = {"type": "openai", "api": "responses", "base_url": server.url(**behaviour), "model": "scripted-1", **table}
    async with Client({"general": {"default_provider": "house"}, "providers": {"house": house}}) as client:
        yield client


async def both(client: Client, prompt: Any = "hi", **how: Any) -> tuple[Reply, Reply]:
    """The reply to a streamed query and to one that is not."""
    async with client.stream(prompt, **how) as stream:
        assert [event async for event in stream]
    assert stream.reply is not None
    return stream.reply, await client.query(prompt, **how)


async def test_one_word_of_configuration_chooses_it() -> None:
    async with ScriptedServer() as server, asking(server, {"api_key": "sk-canary"}) as client:
        for reply in await both(client, system="Be terse.", temperature=0.2, max_tokens=9):
            assert reply.text == "Hello from the scripted server."
            assert (reply.provider, reply.model, reply.id, reply.finish_reason) == (
                "house",
                "scripted-1",
                "resp_scripted",
                "stop",
            )
            assert reply.usage == Usage(input_tokens=3, output_tokens=5, cached_tokens=1, reasoning_tokens=0)
        assert {request.path for request in server.requests} == {"/v1/responses"}
        request = server.requests[0]
    assert request.headers["authorization"] == "Bearer sk-canary"
    assert (request.json["instructions"], request.json["store"], request.json["max_output_tokens"]) == (
        "Be terse.",
        False,
        9,
    )


async def test_chat_completions_stay_what_nobody_has_to_choose() -> None:
    async with ScriptedServer() as server, asking(server, {"api": "chat"}) as client:
        await client.query("hi")
        assert [request.path for request in server.requests] == ["/v1/chat/completions"]


def test_who_speaks_chat_completions_does_not_pay_for_it() -> None:
    code = (
        "import sys, claif_openai.provider\n"
        "print(sorted(name for name in sys.modules if name.startswith('claif_openai.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['claif_openai.presets', 'claif_openai.provider']\n"


async def test_a_server_that_sends_something_else_is_named_with_what_helps() -> None:
    async with ScriptedServer() as server, asking(server, bad="json") as client:
        with pytest.raises(ProtocolError) as caught:
            async with client.stream("hi") as stream:
                assert [event async for event in stream]
    assert "providers.house.base_url" in (caught.value.hint or "")
    assert (caught.value.hint or "").endswith("the Responses API, or leave out providers.house.api.")


async def test_another_word_is_refused() -> None:
    async with ScriptedServer() as server, asking(server, {"api": "completions"}) as client:
        with pytest.raises(InvalidConfigError, match=r"providers\.house\.api"):
            await client.query("hi")


async def test_the_models_are_listed_as_ever() -> None:
    async with ScriptedServer() as server, asking(server) as client:
        assert [model.id for model in await client.models()] == ["scripted-1", "scripted-2"]


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
async def test_thinking_is_kept_apart_from_the_text(field: str) -> None:
    async with ScriptedServer() as server, asking(server, reasoning=field) as client:
        for reply in await both(client):
            assert reply.message is not None
            assert reply.message.content == (
                ThinkingBlock("Let me think."),
                TextBlock("Hello from the scripted server."),
            )
            assert reply.usage.reasoning_tokens == 2


async def test_a_conversation_takes_thoughts_and_tools_back_to_where_they_came_from() -> None:
    async with ScriptedServer() as server, asking(server, reasoning="reasoning", tool=True) as client:
        for reply in await both(client, tools=[WEATHER], extra={"reasoning_effort": "low"}):
            assert reply.finish_reason == "tool_use"
            assert reply.message is not None
            assert reply.message.content == (
                ThinkingBlock("Let me think.", "responses:rs_scripted:cHJvb2Y="),
                ToolUseBlock("call_0", "weather", {"city": "Zürich", "days": 0}),
                ToolUseBlock("call_1", "weather", {"city": "東京", "days": 1}),
            )
        results = [ToolResultBlock("call_0", "sun"), ToolResultBlock("call_1", "rain")]
        await client.query([Message.user("hi"), reply.message, Message(Role.TOOL, results)], tools=[WEATHER])
        sent = server.requests[-1].json["input"]
    assert [item["type"] for item in sent] == [
        "message",
        "reasoning",
        *["function_call"] * 2,
        *["function_call_output"] * 2,
    ]
    assert sent[1]["encrypted_content"] == "cHJvb2Y="


@pytest.mark.parametrize(("finish", "reason"), [("length", "length"), ("content_filter", "content_filter")])
async def test_an_answer_that_was_not_finished_says_so(finish: str, reason: str) -> None:
    async with ScriptedServer() as server, asking(server, finish=finish) as client:
        assert {reply.finish_reason for reply in await both(client)} == {reason}


async def test_a_body_in_one_piece_where_a_stream_was_asked_for_is_read() -> None:
    async with ScriptedServer() as server, asking(server, plain=True) as client:
        streamed, _ = await both(client)
    assert streamed.text == "Hello from the scripted server."


async def test_an_error_inside_the_stream_keeps_what_had_arrived() -> None:
    async with ScriptedServer() as server, asking(server, fail="context_length_exceeded", after=2) as client:
        with pytest.raises(ContextLengthError) as caught:
            await both(client)
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hello"


async def test_a_server_without_the_path_gets_a_hint_that_names_the_setting() -> None:
    async with ScriptedServer() as server, asking(server, {"base_url": f"{server.url()}/nowhere"}) as client:
        with pytest.raises(ProviderRuntimeError) as caught:
            await client.query("hi")
    assert "claif config unset providers.house.api" in (caught.value.hint or "")


async def test_a_server_that_shows_the_key_does_not_get_it_into_the_error() -> None:
    behaviour = {"error": 401, "message": "sk-canary is wrong"}
    async with ScriptedServer() as server, asking(server, {"api_key": "sk-canary"}, **behaviour) as client:
        with pytest.raises(AuthenticationError) as caught:
            await client.query("hi")
    assert "sk-canary" not in f"{caught.value.to_dict()} {caught.value!r}"


async def test_a_seed_is_told_to_be_of_no_use() -> None:
    async with ScriptedServer() as server, asking(server) as client:
        reply = await client.query("hi", seed=3)
        assert [notice.kind for notice in reply.notices] == ["ignored_option"]
        assert "seed" not in server.requests[0].json
