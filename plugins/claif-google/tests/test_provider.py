"""The provider against a server on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from claif_google.provider import BASE_URL, GoogleProvider, address

from claif.api import (
    AuthenticationError,
    ClaifError,
    Client,
    ContentFilterError,
    ImageBlock,
    InvalidConfigError,
    InvalidQueryError,
    Message,
    MissingAPIKeyError,
    ModelNotFoundError,
    ProtocolError,
    ProviderRuntimeError,
    ProviderSettings,
    Query,
    RateLimitError,
    Reply,
    Role,
    Secret,
    TextBlock,
    ThinkingBlock,
    TimeoutError,
    Tool,
    ToolResultBlock,
    ToolUseBlock,
    Usage,
)
from claif.protocols import server as server_module
from claif.testing import ScriptedServer

WEATHER = Tool("weather", "Tells the weather.")


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(variable, raising=False)


@asynccontextmanager
async def client_of(**table: Any) -> AsyncIterator[Client]:
    config = {
        "general": {"default_provider": "house"},
        "retry": {"max_attempts": 1},
        "providers": {"house": {"type": "google", **table}},
    }
    async with Client(config) as client:
        yield client


@asynccontextmanager
async def asking(server: ScriptedServer, **behaviour: object) -> AsyncIterator[Client]:
    async with client_of(base_url=server.root_url(**behaviour), model="scripted-1") as client:
        yield client


async def both(client: Client, prompt: Any = "hi", **how: Any) -> tuple[Reply, Reply]:
    """The reply to a streamed query and to one that is not."""
    async with client.stream(prompt, **how) as stream:
        assert [event async for event in stream]
    assert stream.reply is not None
    return stream.reply, await client.query(prompt, **how)


async def test_the_key_goes_in_a_header_and_the_model_in_the_path() -> None:
    async with ScriptedServer() as server:
        async with client_of(base_url=server.root_url(), api_key="AIza-canary") as client:
            for reply in await both(client, system="Be terse.", temperature=0.2, max_tokens=9, seed=3):
                assert reply.text == "Hello from the scripted server."
                assert (reply.provider, reply.model, reply.id, reply.finish_reason) == (
                    "house",
                    "gemini-flash-latest",
                    "scripted",
                    "stop",
                )
                assert reply.usage == Usage(input_tokens=1, output_tokens=5, cached_tokens=1, reasoning_tokens=0)
            await client.models()
        assert [request.path for request in server.requests] == [
            "/v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse",
            "/v1beta/models/gemini-flash-latest:generateContent",
            "/v1beta/models?pageSize=1000",
        ]
        assert {request.headers["x-goog-api-key"] for request in server.requests} == {"AIza-canary"}
        assert "authorization" not in server.requests[0].headers
    assert server.requests[0].json == {
        "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
        "systemInstruction": {"parts": [{"text": "Be terse."}]},
        "generationConfig": {"temperature": 0.2, "maxOutputTokens": 9, "seed": 3},
    }


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("gemini-9", "models/gemini-9"),
        ("models/gemini-9", "models/gemini-9"),
        ("tunedModels/mine", "tunedModels/mine"),
        ("a/../b?c#d:e", "models/a%2F..%2Fb%3Fc%23d%3Ae"),
    ],
)
async def test_a_model_is_one_part_of_the_path_whatever_its_name(model: str, path: str) -> None:
    async with ScriptedServer() as server, asking(server) as client:
        await client.query("hi", model=model)
        assert server.requests[0].path == f"/v1beta/{path}:generateContent"


@pytest.mark.parametrize("written", ["", "/", "/v1beta", "/v1beta/"])
def test_an_address_may_end_with_the_version(written: str) -> None:
    assert address(ProviderSettings(base_url=f"{BASE_URL}{written}")) == BASE_URL


async def test_thoughts_are_shown_and_counted() -> None:
    async with ScriptedServer() as server, asking(server, reasoning="yes") as client:
        for reply in await both(client, extra={"thinking_budget": 1024}):
            assert reply.message is not None
            assert reply.message.content == (
                ThinkingBlock("Let me think."),
                TextBlock("Hello from the scripted server."),
            )
            assert (reply.usage.output_tokens, reply.usage.reasoning_tokens) == (7, 2)
        thinking = {"thinkingBudget": 1024, "includeThoughts": True}
        assert server.requests[0].json["generationConfig"] == {"thinkingConfig": thinking}


async def test_a_conversation_takes_calls_back_with_their_signatures() -> None:
    async with ScriptedServer() as server, asking(server, reasoning="yes", tool=True) as client:
        for reply in await both(client, tools=[WEATHER]):
            assert reply.finish_reason == "tool_use"
            assert reply.message is not None
            assert reply.message.content == (
                ThinkingBlock("Let me think.", "gemini:next:cHJvb2Y="),
                ToolUseBlock("call_0", "weather", {"city": "Zürich", "days": 0}),
                ThinkingBlock("", "gemini:next:cHJvb2Y="),
                ToolUseBlock("call_1", "weather", {"city": "東京", "days": 1}),
            )
        results = [ToolResultBlock("call_0", "sun"), ToolResultBlock("call_1", "rain")]
        await client.query([Message.user("hi"), reply.message, Message(Role.TOOL, results)], tools=[WEATHER])
        _, model, user = server.requests[-1].json["contents"]
    assert [(part["functionCall"]["id"], part["thoughtSignature"]) for part in model["parts"]] == [
        ("call_0", "cHJvb2Y="),
        ("call_1", "cHJvb2Y="),
    ]
    assert [part["functionResponse"]["response"]["output"] for part in user["parts"]] == ["sun", "rain"]


async def test_an_image_is_sent_inside_the_request() -> None:
    async with ScriptedServer() as server, asking(server) as client:
        await client.query("What is it?", attachments=[ImageBlock(b"\x89PNG", "image/png")])
        parts = server.requests[0].json["contents"][0]["parts"]
    assert {"inlineData": {"mimeType": "image/png", "data": "iVBORw=="}} in parts


async def test_tokens_are_counted_with_system_text_without_an_answer() -> None:
    query = Query([Message.system("Be terse."), Message.user("How are you?")])
    async with ScriptedServer() as server, asking(server) as client:
        await client.models()
        provider = client.provider("house")
        assert isinstance(provider, GoogleProvider)
        assert await provider.count_tokens(query) == 5
        request = server.requests[-1]
    assert request.path == "/v1beta/models/scripted-1:countTokens"
    assert request.json["generateContentRequest"]["model"] == "models/scripted-1"


async def test_a_count_that_is_refused_is_a_typed_error() -> None:
    async with ScriptedServer() as server, asking(server, error=404) as client:
        with pytest.raises(ModelNotFoundError):
            await client.query("hi")
        provider = client.provider("house")
        assert isinstance(provider, GoogleProvider)
        with pytest.raises(ModelNotFoundError):
            await provider.count_tokens(Query("hi"))


async def test_a_server_that_says_nothing_is_given_up_without_a_query_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "PATIENCE", 0.1)
    async with ScriptedServer() as server, asking(server, stall="headers") as client:
        with pytest.raises(TimeoutError, match=r"said nothing for 0\.1 s"):
            await client.models()
        provider = client.provider("house")
        assert isinstance(provider, GoogleProvider)
        with pytest.raises(TimeoutError):
            await provider.count_tokens(Query("hi"))
        await server.wait_until_open(0)


async def test_models_that_answer_are_listed_over_all_pages_in_the_servers_order() -> None:
    names = [f"m{number}" for number in range(2100)]
    async with ScriptedServer(models=["embedding-1", *names]) as server, asking(server) as client:
        found = await client.models()
        assert len(server.requests) == 3
    assert [model.id for model in found] == names
    assert (found[0].provider, found[0].context) == ("house", 1_048_576)


async def test_a_model_whose_name_is_no_unicode_is_refused() -> None:
    async with ScriptedServer() as server, asking(server) as client:
        with pytest.raises(InvalidQueryError, match="not valid Unicode"):
            await client.query("hi", model="\udcff")
        assert server.requests == []


async def test_a_list_of_models_without_an_end_is_given_up() -> None:
    async with ScriptedServer(models=["m"] * 60_000) as server, asking(server) as client:
        with pytest.raises(ProtocolError, match="does not end"):
            await client.models()


@pytest.mark.parametrize(
    ("behaviour", "kind", "retryable"),
    [
        ({"error": 400, "code": "API_KEY_INVALID"}, AuthenticationError, False),
        ({"error": 429, "code": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}, RateLimitError, False),
        ({"error": 503}, ProviderRuntimeError, True),
        ({"error": 503, "body": "html"}, ProviderRuntimeError, True),
        ({"error": 404}, ModelNotFoundError, False),
        ({"block": "SAFETY"}, ContentFilterError, False),
        ({"block": "none"}, ProviderRuntimeError, True),
        ({"finish": "MALFORMED_FUNCTION_CALL"}, ProviderRuntimeError, True),
    ],
)
async def test_failures_are_typed_streamed_or_not(
    behaviour: dict[str, Any], kind: type[ClaifError], retryable: bool
) -> None:
    async with ScriptedServer() as server, asking(server, **behaviour) as client:
        for stream in (True, False):
            with pytest.raises(kind) as caught:
                if stream:
                    async with client.stream("hi") as events:
                        _ = [event async for event in events]
                else:
                    await client.query("hi")
            assert type(caught.value) is kind
            assert (caught.value.retryable, caught.value.provider) == (retryable, "house")
            assert caught.value.hint


async def test_a_limit_says_when_to_ask_again() -> None:
    async with ScriptedServer() as server, asking(server, error=429, retry_after="18.4") as client:
        with pytest.raises(RateLimitError) as caught:
            await client.query("hi")
    assert caught.value.retry_after == 18.4


@pytest.mark.parametrize(("finish", "reason"), [("length", "length"), ("content_filter", "content_filter")])
async def test_an_answer_that_was_not_finished_says_so_and_is_kept(finish: str, reason: str) -> None:
    async with ScriptedServer() as server, asking(server, finish=finish) as client:
        for reply in await both(client):
            assert (reply.finish_reason, reply.text) == (reason, "Hello from the scripted server.")


async def test_a_broken_call_keeps_what_had_arrived() -> None:
    async with ScriptedServer() as server, asking(server, finish="MALFORMED_FUNCTION_CALL") as client:
        with pytest.raises(ProviderRuntimeError) as caught:
            async with client.stream("hi") as stream:
                _ = [event async for event in stream]
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hello from the scripted server."


async def test_a_body_in_one_piece_where_a_stream_was_asked_for_is_read() -> None:
    async with ScriptedServer() as server, asking(server, plain=True) as client:
        streamed, _ = await both(client)
    assert streamed.text == "Hello from the scripted server."


async def test_a_schema_is_what_the_answer_follows() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    async with ScriptedServer() as server, asking(server, text='{"a":"b"}') as client:
        await client.query("hi", schema=schema)
        assert server.requests[0].json["generationConfig"]["responseJsonSchema"] == schema


async def test_a_server_that_shows_the_key_does_not_get_it_into_the_error() -> None:
    async with ScriptedServer() as server:
        url = server.root_url(error=400, code="API_KEY_INVALID", message="AIza-canary is wrong")
        async with client_of(base_url=url, api_key="AIza-canary") as client:
            with pytest.raises(AuthenticationError) as caught:
                await client.query("hi")
    assert "AIza-canary" not in f"{caught.value.to_dict()} {caught.value!r}"


async def test_a_redirect_never_takes_the_key_along() -> None:
    async with ScriptedServer() as thief, ScriptedServer() as server:
        async with client_of(base_url=server.root_url(redirect=thief.port), api_key="AIza-canary") as client:
            with pytest.raises(ProtocolError):
                await client.query("hi")
        assert thief.requests == []


async def test_a_missing_key_names_the_variable_and_the_command() -> None:
    async with client_of() as client:
        with pytest.raises(MissingAPIKeyError, match="GEMINI_API_KEY") as caught:
            await client.query("hi")
    for way in ("Set GEMINI_API_KEY", "claif keys set house", "keyring", "cmd"):
        assert way in (caught.value.hint or "")


@pytest.mark.parametrize("variable", ["GEMINI_API_KEY", "GOOGLE_API_KEY"])
async def test_an_environments_key_goes_to_googles_own_address_only(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "AIza-canary")
    assert GoogleProvider.status("google", ProviderSettings()).state == "ready"
    async with ScriptedServer() as server, asking(server) as client:
        await client.query("hi")
        assert "x-goog-api-key" not in server.requests[0].headers


def test_the_status_tells_what_is_missing() -> None:
    status = GoogleProvider.status("google", ProviderSettings())
    assert (status.state, "claif keys set google" in status.hint) == ("no key", True)
    assert GoogleProvider.status("google", ProviderSettings(api_key=Secret("k"))).state == "ready"
    assert GoogleProvider.status("x", ProviderSettings(base_url="https://x.example")).state == "ready"
    assert GoogleProvider.status("x", ProviderSettings(preset="flash")).state == "broken"


async def test_a_preset_is_refused_since_there_are_none() -> None:
    async with client_of(preset="flash", api_key="k") as client:
        with pytest.raises(InvalidConfigError, match="no presets"):
            await client.query("hi")


async def test_an_option_that_has_no_form_is_refused_before_anybody_is_asked() -> None:
    async with ScriptedServer() as server, asking(server) as client:
        with pytest.raises(InvalidQueryError, match="contents"):
            await client.query("hi", extra={"contents": []})
        assert server.requests == []
