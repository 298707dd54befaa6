"""The provider against a server on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from claif_openai.provider import OpenAIProvider, OpenAISettings

from claif.api import (
    AuthenticationError,
    Client,
    ConnectionError,
    ContextLengthError,
    ImageBlock,
    InvalidConfigError,
    InvalidQueryError,
    MissingAPIKeyError,
    ProtocolError,
    ProviderRuntimeError,
    Reply,
    Secret,
    TextBlock,
    ThinkingBlock,
    Tool,
    ToolUseBlock,
    Usage,
)
from claif.testing import ScriptedServer

WEATHER = Tool("weather", "Tells the weather.")


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("OPENAI_API_KEY", "GROQ_API_KEY", "VLLM_API_KEY"):
        monkeypatch.delenv(variable, raising=False)


@asynccontextmanager
async def asking(name: str = "house", **table: Any) -> AsyncIterator[Client]:
    config = {"general": {"default_provider": name}, "providers": {name: {"type": "openai", **table}}}
    async with Client(config) as client:
        yield client


async def streamed(client: Client, **how: Any) -> Reply:
    async with client.stream("hi", **how) as stream:
        assert [event async for event in stream]
    assert stream.reply is not None
    return stream.reply


async def ask(server: ScriptedServer, how: Mapping[str, Any] = {}, **behaviour: object) -> Reply:
    async with asking(base_url=server.url(**behaviour), model="scripted-1") as client:
        return await client.query("hi", **how)


async def test_three_lines_of_configuration_are_enough() -> None:
    async with ScriptedServer() as server:
        async with asking(base_url=server.url(), api_key="sk-canary", model="scripted-1") as client:
            reply = await client.query("hi", system="Be terse.", temperature=0.2, max_tokens=9, seed=3)
        request = server.requests[0]
    assert reply.text == "Hello from the scripted server."
    assert (reply.provider, reply.model, reply.finish_reason) == ("house", "scripted-1", "stop")
    assert reply.usage == Usage(input_tokens=3, output_tokens=5, cached_tokens=1, reasoning_tokens=0)
    assert request.headers["authorization"] == "Bearer sk-canary"
    assert request.json["messages"] == [
        {"role": "system", "content": "Be terse."},
        {"role": "user", "content": "hi"},
    ]
    assert (request.json["temperature"], request.json["max_tokens"], request.json["seed"]) == (0.2, 9, 3)


async def test_without_a_model_a_server_of_ones_own_answers_with_its_first() -> None:
    async with ScriptedServer(models=["llama-9", "other"]) as server, asking(base_url=server.url()) as client:
        replies = [await client.query("hi") for _ in range(2)]
        assert [request.path for request in server.requests] == ["/v1/models"] + ["/v1/chat/completions"] * 2
    assert [reply.model for reply in replies] == ["llama-9", "llama-9"]


async def test_a_server_without_models_is_asked_without_one() -> None:
    async with ScriptedServer(models=[]) as server, asking(base_url=server.url()) as client:
        await client.query("hi")
        assert "model" not in server.requests[-1].json


async def test_a_server_that_is_down_says_so_before_its_models_are_known() -> None:
    async with ScriptedServer() as server:
        await server.stop()
        async with asking(base_url=server.url()) as client:
            with pytest.raises(ConnectionError):
                await client.query("hi")


async def test_models_are_listed_in_the_servers_order() -> None:
    async with ScriptedServer(models=["b", "a"]) as server, asking(base_url=server.url()) as client:
        assert [(model.id, model.provider) for model in await client.models("house")] == [
            ("b", "house"),
            ("a", "house"),
        ]


async def test_a_list_of_models_that_is_refused_is_a_typed_error() -> None:
    async with ScriptedServer() as server, asking(base_url=server.url(error=401)) as client:
        with pytest.raises(AuthenticationError) as caught:
            await client.models("house")
    assert "claif config set providers.house.api_key" in (caught.value.hint or "")


async def test_configured_options_apply_unless_the_query_has_its_own() -> None:
    async with ScriptedServer() as server:
        table = {"base_url": server.url(), "model": "m", "options": {"temperature": 1.5, "top_k": 3}}
        async with asking(**table, max_tokens_field="max_completion_tokens", stream_usage=False) as client:
            await streamed(client, temperature=0.5, max_tokens=7)
        body = server.requests[0].json
    assert (body["temperature"], body["top_k"], body["max_completion_tokens"]) == (0.5, 3, 7)
    assert "stream_options" not in body


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
async def test_thinking_is_kept_apart_from_the_text(field: str) -> None:
    async with ScriptedServer() as server:
        reply = await ask(server, reasoning=field)
    assert reply.message is not None
    assert reply.message.content == (ThinkingBlock("Let me think."), TextBlock("Hello from the scripted server."))
    assert reply.usage.reasoning_tokens == 2


async def test_tool_calls_arrive_as_blocks_with_parameters() -> None:
    async with ScriptedServer() as server, asking(base_url=server.url(tool=True), model="m") as client:
        async with client.stream("hi", tools=[WEATHER]) as stream:
            assert [event async for event in stream]
        whole = await client.query("hi", tools=[WEATHER])
    for reply in (stream.reply, whole):
        assert reply is not None
        assert reply.finish_reason == "tool_use"
        assert reply.message is not None
        assert reply.message.content == (
            ToolUseBlock("call_0", "weather", {"city": "Zürich", "days": 0}),
            ToolUseBlock("call_1", "weather", {"city": "東京", "days": 1}),
        )


async def test_a_body_in_one_piece_where_a_stream_was_asked_for_is_read() -> None:
    async with ScriptedServer() as server, asking(base_url=server.url(plain=True), model="m") as client:
        reply = await streamed(client)
    assert reply.text == "Hello from the scripted server."


async def test_servers_that_leave_out_done_or_the_reason_have_answered() -> None:
    async with ScriptedServer() as server:
        for behaviour in ({"done": False}, {"finish": "none"}):
            async with asking(base_url=server.url(**behaviour), model="m") as client:
                assert (await streamed(client)).finish_reason == "stop"


async def test_an_error_inside_the_stream_keeps_what_had_arrived() -> None:
    async with (
        ScriptedServer() as server,
        asking(base_url=server.url(fail="context_length_exceeded", after=2), model="m") as client,
    ):
        with pytest.raises(ContextLengthError) as caught:
            await streamed(client)
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hello"


@pytest.mark.parametrize("body", ["html", "empty"])
async def test_errors_without_json_are_typed_by_their_status(body: str) -> None:
    async with ScriptedServer() as server:
        with pytest.raises(ProviderRuntimeError) as caught:
            await ask(server, error=503, body=body)
    assert caught.value.status == 503
    assert caught.value.retryable


async def test_a_server_that_shows_the_key_does_not_get_it_into_the_error() -> None:
    async with ScriptedServer() as server:
        url = server.url(error=401, message="sk-canary is wrong")
        async with asking(base_url=url, api_key="sk-canary", model="m") as client:
            with pytest.raises(AuthenticationError) as caught:
                await client.query("hi")
    assert "sk-canary" not in f"{caught.value.to_dict()} {caught.value!r}"


async def test_a_redirect_never_takes_the_key_along() -> None:
    async with ScriptedServer() as thief, ScriptedServer() as server:
        async with asking(base_url=server.url(redirect=thief.port), api_key="sk-canary", model="m") as client:
            with pytest.raises(ProtocolError):
                await client.query("hi")
        assert thief.requests == []


async def test_tls_with_a_server_that_does_not_speak_it_is_a_connection_error() -> None:
    async with (
        ScriptedServer() as server,
        asking(base_url=server.url().replace("http:", "https:"), model="m") as client,
    ):
        with pytest.raises(ConnectionError) as caught:
            await client.query("hi")
    assert caught.value.hint


async def test_a_missing_key_names_the_variable_and_the_command() -> None:
    async with asking("groq") as client:
        with pytest.raises(MissingAPIKeyError, match="GROQ_API_KEY") as caught:
            await client.query("hi")
    for way in ("Set GROQ_API_KEY", "claif keys set groq", "${GROQ_API_KEY}", "keyring", "cmd"):
        assert way in (caught.value.hint or "")


async def test_http_to_another_machine_needs_permission() -> None:
    async with asking(base_url="http://192.0.2.1/v1") as client:
        with pytest.raises(InvalidConfigError):
            await client.query("hi")


async def test_an_environments_key_goes_to_the_presets_own_address_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    async with ScriptedServer() as server, asking("openai", base_url=server.url()) as client:
        await client.query("hi")
        assert "authorization" not in server.requests[0].headers


async def test_a_preset_refuses_what_its_endpoint_cannot_take() -> None:
    async with ScriptedServer() as server:
        async with asking(preset="deepseek", base_url=server.url(), api_key="k") as client:
            with pytest.raises(InvalidQueryError, match="images"):
                await client.query("hi", attachments=[ImageBlock(b"x", "image/png")])
            with pytest.raises(InvalidQueryError, match="schema"):
                await client.query("hi", schema={"type": "object"})
        assert server.requests == []


def test_the_status_tells_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    status = OpenAIProvider.status("openai", OpenAISettings())
    assert status.state == "no key"
    assert "OPENAI_API_KEY is not set" in status.detail
    assert "claif keys set openai" in status.hint
    assert OpenAIProvider.status("openai", OpenAISettings(api_key=Secret("k"))).state == "ready"
    assert OpenAIProvider.status("x", OpenAISettings(preset="ollama")).state == "ready"
    assert OpenAIProvider.status("x", OpenAISettings(preset="olama")).state == "broken"
    addresses = (None, "https://api.openai.com/v1", "https://api.openai.com/v1/")
    settings = [OpenAISettings(base_url=address) for address in addresses]
    assert [OpenAIProvider.status("openai", each).state for each in settings] == ["no key"] * 3
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    assert [OpenAIProvider.status("openai", each).state for each in settings] == ["ready"] * 3


def test_an_unknown_name_for_the_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="max_tokens_field"):
        OpenAISettings(max_tokens_field="max_words")
