"""Embeddings by the Gemini API."""

from __future__ import annotations

import pytest
import trio
from patience import jump, on_slow_clock, until

from claif.api import Client, ModelNotFoundError, RateLimitError, TimeoutError
from claif.protocols.generate_content import server as server_module
from claif.testing import ScriptedServer, vector_of


def client_of(base_url: str, **table: object) -> Client:
    config = {"type": "google", "base_url": base_url, "api_key": "k", **table}
    return Client({"general": {"default_provider": "house"}, "providers": {"house": config}})


async def test_a_hundred_texts_go_in_a_request_and_the_model_is_in_its_path() -> None:
    texts = [f"text {number}" for number in range(150)]
    async with ScriptedServer() as server, client_of(server.root_url()) as client:
        found = await client.embed(texts, dimensions=6)
        requests = server.requests
    assert {request.path for request in requests} == {"/v1beta/models/gemini-embedding-001:batchEmbedContents"}
    assert sorted([len(request.json["requests"]) for request in requests]) == [50, 100]
    assert requests[0].headers["x-goog-api-key"] == "k"
    full = next(request for request in requests if len(request.json["requests"]) == 100)  # they are under way together
    assert full.json["requests"][0] == {
        "model": "models/gemini-embedding-001",
        "content": {"parts": [{"text": "text 0"}]},
        "outputDimensionality": 6,
    }
    assert found.vectors == tuple([vector_of(text, 6) for text in texts])
    assert (found.provider, found.model, found.usage.input_tokens) == ("house", "gemini-embedding-001", 300)


async def test_another_model_can_be_named_and_configured() -> None:
    async with ScriptedServer() as server, client_of(server.root_url(), embedding_model="vectors-2") as client:
        assert (await client.embed("a")).model == "vectors-2"
        assert (await client.embed("a", model="models/vectors-3")).vectors == (vector_of("a"),)
        assert server.requests[-1].path == "/v1beta/models/vectors-3:batchEmbedContents"


async def test_errors_are_those_of_the_api_and_name_the_model() -> None:
    async with ScriptedServer() as server:
        async with client_of(server.root_url(error=404)) as client:
            with pytest.raises(ModelNotFoundError) as caught:
                await client.embed("a", model="vectors-1")
            assert (caught.value.provider, caught.value.model) == ("house", "vectors-1")
        async with client_of(server.root_url(error=429, code="EmbedContentRequestsPerDay")) as client:
            with pytest.raises(RateLimitError) as limited:
                await client.embed("a")
            assert not limited.value.retryable


@on_slow_clock
async def test_a_server_that_computes_for_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "EMBEDDING", 2.0)
    async with (
        ScriptedServer() as server,
        client_of(server.root_url(stall="headers")) as client,
        trio.open_nursery() as nursery,
    ):

        async def ask() -> None:
            with pytest.raises(TimeoutError, match="said nothing for 2 s"):
                await client.embed("a")

        nursery.start_soon(ask)
        await until(lambda: server.requests)
        jump(2.0)
