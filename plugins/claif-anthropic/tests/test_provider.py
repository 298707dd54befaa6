"""The provider against a server on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from claif_anthropic.provider import AnthropicProvider, AnthropicSettings

from claif.api import (
    HTTP,
    AuthenticationError,
    Client,
    ContentBlock,
    Context,
    ContextLengthError,
    FileBlock,
    ImageBlock,
    InvalidConfigError,
    InvalidQueryError,
    Message,
    MissingAPIKeyError,
    ModelNotFoundError,
    ProtocolError,
    ProviderRuntimeError,
    Query,
    RateLimitError,
    Reply,
    Role,
    Secret,
    TextBlock,
    ThinkingBlock,
    Tool,
    ToolResultBlock,
    ToolUseBlock,
    UnknownBlock,
    Usage,
)
from claif.testing import ScriptedServer

WEATHER = Tool("weather", "Tells the weather.")


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("ANTHROPIC_API_KEY", "DEEPSEEK_API_KEY", "VLLM_API_KEY"):
        monkeypatch.delenv(variable, raising=False)


@asynccontextmanager
async def asking(name: str = "house", **table: Any) -> AsyncIterator[Client]:
    config = {"general": {"default_provider": name}, "providers": {name: {"type": "anthropic", **table}}}
    async with Client(config) as client:
        yield client


@asynccontextmanager
async def to(server: ScriptedServer, table: Mapping[str, Any] = {}, **behaviour: object) -> AsyncIterator[Client]:
    async with asking(base_url=server.root_url(**behaviour), **{"model": "scripted-1", **table}) as client:
        yield client


async def both(client: Client, prompt: Any = "hi", **how: Any) -> tuple[Reply, Reply]:
    """The reply to a streamed query and to one that is not."""
    async with client.stream(prompt, **how) as stream:
        assert [event async for event in stream]
    assert stream.reply is not None
    return stream.reply, await client.query(prompt, **how)


@asynccontextmanager
async def connected(server: ScriptedServer, **table: Any) -> AsyncIterator[AnthropicProvider]:
    """The provider itself, for what clients do not offer."""
    settings = AnthropicSettings(base_url=server.root_url(**table.pop("behaviour", {})), **table)
    async with HTTP() as http, trio.open_nursery() as nursery:
        provider = AnthropicProvider(Context("house", settings, http, nursery, Path("/nonexistent")))
        await provider.connect()
        yield provider


async def test_three_lines_of_configuration_are_enough() -> None:
    async with ScriptedServer() as server, to(server, {"api_key": "sk-canary"}) as client:
        for reply in await both(client, system="Be terse.", temperature=0.2, max_tokens=9, stop=["x"]):
            assert reply.text == "Hello from the scripted server."
            assert (reply.provider, reply.model, reply.finish_reason) == ("house", "scripted-1", "stop")
            assert (reply.id or "").startswith("msg_")
            # One token of the prompt, three that went to the cache, and one that came from there.
            assert reply.usage == Usage(input_tokens=5, output_tokens=5, cached_tokens=1, cache_write_tokens=3)
        assert {request.path.partition("/v1")[2] for request in server.requests} == {"/messages"}
        request = server.requests[0]
    assert (request.headers["x-api-key"], request.headers["anthropic-version"]) == ("sk-canary", "2023-06-01")
    assert "authorization" not in request.headers
    assert request.json == {
        "messages": [{"role": "user", "content": "hi"}],
        "model": "scripted-1",
        "system": "Be terse.",
        "stream": True,
        "max_tokens": 9,
        "temperature": 0.2,
        "stop_sequences": ["x"],
    }


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/"])
async def test_an_address_is_understood_with_or_without_its_version(ending: str) -> None:
    async with ScriptedServer() as server, asking(base_url=f"{server.root_url()}{ending}", model="m") as client:
        assert (await client.query("hi")).text
        assert server.requests[0].path == "/v1/messages"


async def test_a_key_may_go_as_a_bearer_and_features_in_test_are_asked_for() -> None:
    table = {"api_key": "sk-canary", "auth": "bearer", "betas": ["a-2026-01-01", "b-2026-02-02"]}
    async with ScriptedServer() as server, to(server, table) as client:
        await client.query("hi")
        headers = server.requests[0].headers
    assert headers["authorization"] == "Bearer sk-canary"
    assert headers["anthropic-beta"] == "a-2026-01-01,b-2026-02-02"
    assert "x-api-key" not in headers


async def test_without_a_model_a_server_of_ones_own_answers_with_its_first() -> None:
    async with ScriptedServer(models=["llama-9", "other"]) as server:
        async with asking(base_url=server.root_url()) as client:
            replies = [await client.query("hi") for _ in range(2)]
        paths = [request.path for request in server.requests]
    assert [path.partition("?")[0] for path in paths] == ["/v1/models", "/v1/messages", "/v1/messages"]
    assert [reply.model for reply in replies] == ["llama-9", "llama-9"]


async def test_a_server_without_models_is_asked_without_one() -> None:
    async with ScriptedServer(models=[]) as server, asking(base_url=server.root_url()) as client:
        await client.query("hi")
        assert "model" not in server.requests[-1].json


async def test_thinking_is_kept_with_its_proof_and_goes_back_with_the_tools() -> None:
    async with ScriptedServer() as server, to(server, reasoning="yes", tool=True) as client:
        for reply in await both(client, tools=[WEATHER], extra={"thinking": True}):
            assert reply.finish_reason == "tool_use"
            assert reply.message is not None
            assert reply.message.content == (
                ThinkingBlock("Let me think.", "messages:cHJvb2Y="),
                ToolUseBlock("toolu_call_0", "weather", {"city": "Zürich", "days": 0}),
                ToolUseBlock("toolu_call_1", "weather", {"city": "東京", "days": 1}),
            )
        results = [ToolResultBlock("toolu_call_0", "sun"), ToolResultBlock("toolu_call_1", "rain", is_error=True)]
        await client.query([Message.user("hi"), reply.message, Message(Role.TOOL, results)], tools=[WEATHER])
        turns = server.requests[-1].json["messages"]
    assert [[block["type"] for block in turn["content"]] for turn in turns[1:]] == [
        ["thinking", "tool_use", "tool_use"],
        ["tool_result", "tool_result"],
    ]
    assert turns[1]["content"][0]["signature"] == "cHJvb2Y="


async def test_a_redacted_thought_is_kept_and_goes_back() -> None:
    redacted = {"type": "redacted_thinking", "data": "c2VjcmV0"}
    async with ScriptedServer() as server, to(server, reasoning="redacted") as client:
        for reply in await both(client):
            assert reply.message is not None
            assert reply.message.content == (UnknownBlock(redacted), TextBlock("Hello from the scripted server."))
        await client.query([Message.user("hi"), reply.message, Message.user("so?")])
        assert server.requests[-1].json["messages"][1]["content"][0] == redacted


async def test_configured_options_apply_unless_the_query_has_its_own() -> None:
    async with ScriptedServer() as server:
        async with to(server, {"options": {"temperature": 1.0, "cache": True, "top_k": 3}}) as client:
            await client.query("hi", temperature=0.5, extra={"cache": "1h"})
        body = server.requests[0].json
    assert (body["temperature"], body["top_k"]) == (0.5, 3)
    assert body["messages"][0]["content"][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}


async def test_a_seed_is_told_to_be_of_no_use() -> None:
    async with ScriptedServer() as server, to(server) as client:
        reply = await client.query("hi", seed=3)
        assert [notice.kind for notice in reply.notices] == ["ignored_option"]
        assert "seed" not in server.requests[0].json


async def test_images_and_files_and_a_schema_are_sent() -> None:
    attachments: list[ContentBlock] = [
        ImageBlock(b"\x89PNG", "image/png"),
        FileBlock(b"%PDF", "application/pdf", "a.pdf"),
    ]
    async with ScriptedServer() as server, to(server, text='{"a": 1}') as client:
        schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
        reply = await client.query("What?", attachments=attachments, schema=schema)
        body = server.requests[0].json
    assert reply.text == '{"a": 1}'
    assert [block["type"] for block in body["messages"][0]["content"]] == ["image", "document", "text"]
    assert body["output_config"]["format"]["schema"] == {**schema, "additionalProperties": False}


@pytest.mark.parametrize(
    ("finish", "reason"), [("length", "length"), ("content_filter", "content_filter"), ("pause_turn", "pause_turn")]
)
async def test_an_answer_that_was_not_finished_says_so(finish: str, reason: str) -> None:
    async with ScriptedServer() as server, to(server, finish=finish) as client:
        assert {reply.finish_reason for reply in await both(client)} == {reason}


async def test_a_body_in_one_piece_where_a_stream_was_asked_for_is_read() -> None:
    async with ScriptedServer() as server, to(server, plain=True) as client:
        streamed, _ = await both(client)
    assert streamed.text == "Hello from the scripted server."


@pytest.mark.parametrize(
    ("code", "kind", "retryable"),
    [
        ("overloaded_error", ProviderRuntimeError, True),
        ("api_error", ProviderRuntimeError, True),
        ("rate_limit_error", RateLimitError, True),
        ("authentication_error", AuthenticationError, False),
        ("invalid_request_error", ProviderRuntimeError, False),
    ],
)
async def test_an_error_inside_the_stream_is_typed_and_keeps_what_had_arrived(
    code: str, kind: type[Exception], retryable: bool
) -> None:
    async with ScriptedServer() as server, to(server, fail=code, after=2) as client:
        with pytest.raises(kind) as caught:
            await both(client)
    error = caught.value
    assert isinstance(error, (ProviderRuntimeError, RateLimitError, AuthenticationError))
    assert (error.code, error.retryable, error.status) == (code, retryable, None)
    assert error.partial is not None
    assert error.partial.text == "Hello from"


async def test_an_overloaded_api_is_to_be_asked_again() -> None:
    async with ScriptedServer() as server, to(server, error=529) as client:
        with pytest.raises(ProviderRuntimeError, match="529") as caught:
            await client.query("hi")
    assert (caught.value.status, caught.value.code, caught.value.retryable) == (529, "overloaded_error", True)
    assert caught.value.request_id == "req-scripted"


async def test_a_spending_cap_is_not_to_be_waited_for() -> None:
    async with ScriptedServer() as server, to(server, error=429, should_retry="false") as client:
        with pytest.raises(RateLimitError) as caught:
            await client.query("hi")
    assert (caught.value.retryable, caught.value.retry_after) == (False, None)


async def test_a_prompt_that_is_too_long_is_a_context_error() -> None:
    message = "prompt is too long: 208310 tokens > 200000 maximum"
    async with ScriptedServer() as server, to(server, error=400, message=message) as client:
        with pytest.raises(ContextLengthError, match="208310 tokens"):
            await client.query("hi")


async def test_a_request_that_is_too_large_and_a_model_that_is_not_there_say_so() -> None:
    async with ScriptedServer() as server:
        for status, kind in ((413, InvalidQueryError), (404, ModelNotFoundError)):
            async with to(server, error=status) as client:
                with pytest.raises(kind):
                    await client.query("hi")


@pytest.mark.parametrize("body", ["html", "empty"])
async def test_errors_without_json_are_typed_by_their_status(body: str) -> None:
    async with ScriptedServer() as server, to(server, error=529, body=body) as client:
        with pytest.raises(ProviderRuntimeError) as caught:
            await client.query("hi")
    assert caught.value.retryable


async def test_a_server_that_sends_something_else_is_named_with_what_helps() -> None:
    async with ScriptedServer() as server, to(server, bad="json") as client:
        with pytest.raises(ProtocolError) as caught:
            await both(client)
    assert (caught.value.hint or "").endswith("an API that speaks Anthropic's Messages API.")


async def test_a_server_that_shows_the_key_does_not_get_it_into_the_error() -> None:
    behaviour = {"error": 401, "message": "sk-canary is wrong"}
    async with ScriptedServer() as server, to(server, {"api_key": "sk-canary"}, **behaviour) as client:
        with pytest.raises(AuthenticationError) as caught:
            await client.query("hi")
    assert "sk-canary" not in f"{caught.value.to_dict()} {caught.value!r}"
    assert "claif config set providers.house.api_key" in (caught.value.hint or "")


async def test_a_redirect_never_takes_the_key_along() -> None:
    async with ScriptedServer() as thief, ScriptedServer() as server:
        async with to(server, {"api_key": "sk-canary"}, redirect=thief.port) as client:
            with pytest.raises(ProtocolError):
                await client.query("hi")
        assert thief.requests == []


async def test_models_are_listed_from_all_pages_with_their_windows() -> None:
    names = [f"m/{number}" for number in range(2345)]
    async with ScriptedServer(models=names) as server, to(server) as client:
        found = await client.models("house")
        assert len(server.requests) == 3
    assert [(model.id, model.provider, model.context) for model in found] == [(n, "house", 200_000) for n in names]


async def test_a_list_of_models_that_is_refused_is_a_typed_error() -> None:
    async with ScriptedServer() as server, to(server, error=401) as client:
        with pytest.raises(AuthenticationError):
            await client.models("house")


async def test_the_tokens_of_a_query_are_counted_without_asking_it() -> None:
    query = Query([Message.system("Be terse."), Message.user("How are you?")], tools=[WEATHER])
    async with ScriptedServer() as server, connected(server) as provider:
        assert await provider.count_tokens(query) == 3
        paths = [request.path.partition("?")[0] for request in server.requests]
        body = server.requests[-1].json
    assert paths == ["/v1/models", "/v1/messages/count_tokens"]
    assert set(body) == {"model", "messages", "system", "tools"}
    assert body["model"] == "scripted-1"


async def test_a_count_that_is_refused_is_a_typed_error() -> None:
    async with ScriptedServer() as server:
        async with connected(server, model="m", behaviour={"error": 429, "retry_after": 2}) as provider:
            with pytest.raises(RateLimitError) as caught:
                await provider.count_tokens(Query("hi"))
        assert caught.value.retry_after == 2


async def test_a_missing_key_names_the_variable_and_the_command() -> None:
    async with asking("anthropic") as client:
        with pytest.raises(MissingAPIKeyError, match="ANTHROPIC_API_KEY") as caught:
            await client.query("hi")
    for way in ("Set ANTHROPIC_API_KEY", "claif keys set anthropic", "${ANTHROPIC_API_KEY}", "keyring", "cmd"):
        assert way in (caught.value.hint or "")


async def test_http_to_another_machine_needs_permission() -> None:
    async with asking(base_url="http://192.0.2.1") as client:
        with pytest.raises(InvalidConfigError):
            await client.query("hi")


async def test_an_environments_key_goes_to_the_presets_own_address_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-canary")
    async with ScriptedServer() as server, asking("anthropic", base_url=server.root_url()) as client:
        await client.query("hi")
        assert "x-api-key" not in server.requests[0].headers


async def test_a_preset_refuses_what_its_endpoint_cannot_take() -> None:
    async with ScriptedServer() as server:
        async with asking(preset="deepseek", base_url=server.root_url(), api_key="k") as client:
            with pytest.raises(InvalidQueryError, match="images"):
                await client.query("hi", attachments=[ImageBlock(b"x", "image/png")])
            with pytest.raises(InvalidQueryError, match="schema"):
                await client.query("hi", schema={"type": "object"})
        assert server.requests == []


def test_the_status_tells_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    status = AnthropicProvider.status("anthropic", AnthropicSettings())
    assert status.state == "no key"
    assert "ANTHROPIC_API_KEY is not set" in status.detail
    assert "claif keys set anthropic" in status.hint
    assert AnthropicProvider.status("anthropic", AnthropicSettings(api_key=Secret("k"))).state == "ready"
    assert AnthropicProvider.status("x", AnthropicSettings(preset="ollama")).state == "ready"
    assert AnthropicProvider.status("x", AnthropicSettings(preset="olama")).state == "broken"
    addresses = (None, "https://api.anthropic.com", "https://api.anthropic.com/v1", "https://api.anthropic.com/v1/")
    settings = [AnthropicSettings(base_url=address) for address in addresses]
    assert [AnthropicProvider.status("anthropic", each).state for each in settings] == ["no key"] * 4
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-1")
    assert [AnthropicProvider.status("anthropic", each).state for each in settings] == ["ready"] * 4


def test_an_unknown_way_to_send_the_key_is_refused() -> None:
    with pytest.raises(ValueError, match="auth"):
        AnthropicSettings(auth="basic")
