"""The scripted server speaks OpenAI's and Gemini's embeddings."""

from __future__ import annotations

import json
import struct
from binascii import a2b_base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.api import HTTP
from claif.testing import ScriptedServer, vector_of


async def post(server: ScriptedServer, path: str, body: Any, **behaviour: object) -> Any:
    async with HTTP() as http:
        endpoint = http.endpoint(server.url(**behaviour))
        response = await endpoint.request("POST", path, body=json.dumps(body).encode())
        return response.status, response.body


@given(st.text(alphabet="ab ", min_size=1), st.integers(1, 9))
def test_vectors_count_words_and_are_singles(text: str, dimensions: int) -> None:
    vector = vector_of(text, dimensions)
    assert len(vector) == dimensions
    assert sum(vector) == len(text.split())
    assert struct.unpack(f"<{dimensions}f", struct.pack(f"<{dimensions}f", *vector)) == vector


def test_texts_that_share_words_are_near_each_other() -> None:
    assert vector_of("one two") == vector_of("two One")
    assert vector_of("one two", 64) != vector_of("one three", 64)


async def test_entries_come_in_reverse_with_their_index_as_numbers_or_base64() -> None:
    async with ScriptedServer() as server:
        status, body = await post(server, "/embeddings", {"model": "m", "input": ["a b", "c"]})
        data = json.loads(body)
        assert (status, data["model"], data["usage"]["prompt_tokens"]) == (200, "m", 3)
        assert [(one["index"], tuple(one["embedding"])) for one in data["data"]] == [
            (1, vector_of("c")),
            (0, vector_of("a b")),
        ]
        wished = {"input": "a", "encoding_format": "base64", "dimensions": 4}
        _, body = await post(server, "/embeddings", wished, usage=False)
        data = json.loads(body)
        assert struct.unpack("<4f", a2b_base64(data["data"][0]["embedding"])) == vector_of("a", 4)
        assert "usage" not in data


async def test_gemini_answers_in_the_order_of_the_requests() -> None:
    async with ScriptedServer() as server, HTTP() as http:
        endpoint = http.endpoint(server.root_url())
        asked = [{"content": {"parts": [{"text": text}]}, "outputDimensionality": 4} for text in ("a b", "c")]
        path = "/v1beta/models/m:batchEmbedContents"
        response = await endpoint.request("POST", path, body=json.dumps({"requests": asked}).encode())
    data = json.loads(response.body)
    assert [tuple(one["values"]) for one in data["embeddings"]] == [vector_of("a b", 4), vector_of("c", 4)]
    assert data["usageMetadata"] == {"promptTokenCount": 3}


@pytest.mark.parametrize(("bad", "begins"), [("json", b'{"data": ['), ("utf8", b'{"model": "\xff'), ("list", b"[1")])
async def test_it_sends_garbage_where_it_is_wished(bad: str, begins: bytes) -> None:
    async with ScriptedServer() as server:
        status, body = await post(server, "/embeddings", {"input": "a"}, bad=bad)
        assert status == 200
        assert body.startswith(begins)
