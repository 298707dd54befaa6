"""Embeddings by OpenAI's endpoint and by those that are like it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from claif_openai.presets import PRESETS
from claif_openai.provider import OpenAIProvider
from patience import jump, on_slow_clock, until

from claif.api import Client, EmbeddingLimits, InvalidQueryError, ModelNotFoundError, TimeoutError
from claif.protocols import server as server_module
from claif.testing import ScriptedServer, vector_of


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for preset in PRESETS.values():
        if preset.key_variable:
            monkeypatch.delenv(preset.key_variable, raising=False)


@asynccontextmanager
async def asking(name: str = "house", **table: Any) -> AsyncIterator[Client]:
    config = {"general": {"default_provider": name}, "providers": {name: {"type": "openai", **table}}}
    async with Client(config) as client:
        yield client


@pytest.mark.parametrize("api", ["chat", "responses"])
async def test_openai_itself_is_asked_for_base64_and_its_usual_model(api: str) -> None:
    async with ScriptedServer() as server, asking("openai", base_url=server.url(), api_key="k", api=api) as client:
        found = await client.embed(["a b", "c"])
        [request] = server.requests
    assert request.path == "/v1/embeddings"
    assert request.headers["authorization"] == "Bearer k"
    assert request.json == {"model": "text-embedding-3-small", "input": ["a b", "c"], "encoding_format": "base64"}
    assert found.vectors == (vector_of("a b"), vector_of("c"))
    assert (found.provider, found.model, found.usage.input_tokens) == ("openai", "text-embedding-3-small", 3)


async def test_a_server_that_nobody_knows_is_not_asked_for_base64_and_wants_a_model() -> None:
    async with ScriptedServer() as server, asking(base_url=server.url(), model="chat-1") as client:
        with pytest.raises(InvalidQueryError, match="no model for them is named") as caught:
            await client.embed("a")
        assert "claif config set providers.house.embedding_model" in (caught.value.hint or "")
        assert server.requests == []
        found = await client.embed("a", model="vectors-1", dimensions=4)
        [request] = server.requests
    assert request.json == {"model": "vectors-1", "input": ["a"], "dimensions": 4}
    assert (found.vectors, found.model) == ((vector_of("a", 4),), "vectors-1")


async def test_the_model_of_the_settings_is_asked_unless_another_one_is_named() -> None:
    table = {"model": "chat-1", "embedding_model": "vectors-2"}
    async with ScriptedServer() as server, asking("openai", base_url=server.url(), api_key="k", **table) as client:
        assert (await client.embed("a")).model == "vectors-2"
        assert (await client.embed("a", model="vectors-3")).model == "vectors-3"
        assert (await client.embed("a", provider="openai/vectors-4")).model == "vectors-4"


async def test_errors_name_the_model_for_embeddings_and_not_the_one_for_answers() -> None:
    async with ScriptedServer() as server, asking(base_url=server.url(error=404), model="chat-1") as client:
        with pytest.raises(ModelNotFoundError) as caught:
            await client.embed("a", model="vectors-1")
    assert (caught.value.provider, caught.value.model) == ("house", "vectors-1")


@on_slow_clock
async def test_a_server_that_computes_for_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "EMBEDDING", 2.0)
    async with ScriptedServer() as server, asking(base_url=server.url(stall="headers")) as client:
        async with trio.open_nursery() as nursery:

            async def ask() -> None:
                with pytest.raises(TimeoutError, match="said nothing for 2 s"):
                    await client.embed("a", model="m")

            nursery.start_soon(ask)
            await until(lambda: server.requests)
            jump(2.0)
        assert len(server.requests) == 1


@pytest.mark.parametrize("preset", ["groq", "deepseek"])
async def test_who_has_no_such_endpoint_is_not_asked(preset: str) -> None:
    async with ScriptedServer() as server, asking(base_url=server.url(), preset=preset) as client:
        with pytest.raises(InvalidQueryError, match="house makes no embeddings"):
            await client.embed("a", model="m")
        assert server.requests == []


def test_what_is_known_of_each_endpoint() -> None:
    able = {name for name, preset in PRESETS.items() if "embeddings" in preset.capabilities}
    assert able == {"openai", "openrouter", "mistral", "ollama", "lmstudio", "vllm", "llamacpp"}
    assert {name for name, preset in PRESETS.items() if preset.encoding} == {"openai"}
    usual = {name: preset.embedding_model for name, preset in PRESETS.items() if preset.embedding_model}
    assert usual == {"openai": "text-embedding-3-small", "mistral": "mistral-embed"}
    assert PRESETS["openai"].embedding_limits == EmbeddingLimits(texts=2048, bytes=300_000)
    assert PRESETS["mistral"].embedding_limits == EmbeddingLimits(texts=256, bytes=16_000)
    assert PRESETS["vllm"].embedding_limits == EmbeddingLimits(texts=256)
    assert "embeddings" in OpenAIProvider.capabilities


async def test_many_texts_go_in_requests_as_large_as_the_api_takes() -> None:
    texts = [f"t{number}" for number in range(2050)]
    async with ScriptedServer() as server, asking("openai", base_url=server.url(), api_key="k") as client:
        found = await client.embed(texts)
        sizes = [len(request.json["input"]) for request in server.requests]
    assert sorted(sizes) == [2, 2048]
    assert found.vectors == tuple(map(vector_of, texts))
