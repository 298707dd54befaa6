"""Requests for embeddings in the Gemini API, and what their answers mean."""

from __future__ import annotations

from typing import Any

import pytest

from claif.api import ProtocolError, Usage
from claif.protocols.generate_content.embeddings import read_embeddings, request_body
from claif.protocols.generate_content.failures import GeminiSource

SOURCE = GeminiSource("google", "m-1")


def test_each_text_is_a_request_that_names_the_model_again() -> None:
    assert request_body(("a", "b"), "models/m") == {
        "requests": [
            {"model": "models/m", "content": {"parts": [{"text": "a"}]}},
            {"model": "models/m", "content": {"parts": [{"text": "b"}]}},
        ]
    }
    [one] = request_body(("a",), "models/m", 5)["requests"]
    assert one["outputDimensionality"] == 5


def test_vectors_are_in_the_order_of_the_texts() -> None:
    data = {"embeddings": [{"values": [1, 0.5]}, {"values": [2, 0]}], "usageMetadata": {"promptTokenCount": 4}}
    found = read_embeddings(data, 2, SOURCE)
    assert found.vectors == ((1.0, 0.5), (2.0, 0.0))
    assert (found.provider, found.model, found.usage) == ("google", "m-1", Usage(input_tokens=4))
    assert read_embeddings({"embeddings": [{"values": [1]}]}, 1, SOURCE).usage == Usage()


@pytest.mark.parametrize(
    ("data", "what"),
    [
        *[(data, "that are none") for data in ([], {}, {"embeddings": 1}, {"embeddings": [[1.0]]})],
        ({"embeddings": [{"values": [1]}]}, "of 1 texts instead of 2"),
        ({"embeddings": [{"values": [1]}, {"values": []}]}, "no list of numbers"),
        ({"embeddings": [{"values": [1]}, {}]}, "no list of numbers"),
    ],
)
def test_what_does_not_have_one_vector_for_each_text_is_refused(data: Any, what: str) -> None:
    with pytest.raises(ProtocolError, match=what):
        read_embeddings(data, 2, SOURCE)
