"""Requests to `/embeddings` and what their answers mean."""

from __future__ import annotations

import struct
from binascii import b2a_base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.api import ErrorSource, ProtocolError, Usage
from claif.protocols.embeddings import read_embeddings, read_vector, request_body

SOURCE = ErrorSource("house", "m-1")
SINGLES = st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=9)


def entry(index: int, *numbers: float) -> dict[str, Any]:
    return {"object": "embedding", "index": index, "embedding": list(numbers)}


def test_what_is_not_wished_is_not_said() -> None:
    assert request_body(("a", "b"), "m") == {"model": "m", "input": ["a", "b"]}
    assert request_body(("a",), "m", 3, "base64") == {
        "model": "m",
        "input": ["a"],
        "dimensions": 3,
        "encoding_format": "base64",
    }


@given(st.lists(SINGLES, min_size=1, max_size=6), st.randoms())
def test_vectors_come_in_the_order_of_the_texts_whatever_the_order_of_the_answer(vectors: Any, random: Any) -> None:
    data = [entry(index, *vector) for index, vector in enumerate(vectors)]
    random.shuffle(data)
    found = read_embeddings({"data": data, "model": "m-2"}, len(vectors), SOURCE)
    assert found.vectors == tuple(map(tuple, vectors))
    assert (found.provider, found.model, found.usage) == ("house", "m-2", Usage())


def test_entries_without_an_index_are_in_order_and_a_model_that_is_not_told_is_the_one_asked() -> None:
    data = {"data": [{"embedding": [1]}, {"embedding": [2]}], "usage": {"prompt_tokens": 7, "total_tokens": 7}}
    found = read_embeddings(data, 2, SOURCE)
    assert found.vectors == ((1.0,), (2.0,))
    assert all(type(number) is float for vector in found.vectors for number in vector)
    assert (found.model, found.usage) == ("m-1", Usage(input_tokens=7))


@given(SINGLES)
def test_base64_has_singles_exactly(numbers: list[float]) -> None:
    packed = b2a_base64(struct.pack(f"<{len(numbers)}f", *numbers), newline=False).decode()
    assert read_vector(packed, SOURCE) == tuple(numbers) == read_vector(numbers, SOURCE)


@pytest.mark.parametrize(
    "value",
    [
        *([], "", None, 1.5, {"0": 1}, ["1"], [None], [True, 1], [[1]], [10**400]),
        *("no base64", "AAAA", "AAAAAAA", b2a_base64(struct.pack("<f", float("nan"))).decode().strip()),
    ],
)
def test_what_is_no_vector_is_refused(value: Any) -> None:
    with pytest.raises(ProtocolError, match="house sent an embedding that is no list of numbers"):
        read_vector(value, SOURCE)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        *[(data, "that are none") for data in ([], None, {}, {"data": {}}, {"data": [1]}, {"data": "x"})],
        ({"data": [entry(0, 1), entry(0, 1)]}, "whose they are"),
        ({"data": [entry(True, 1), entry(0, 1)]}, "whose they are"),
        ({"data": [entry("1", 1), entry(0, 1)]}, "whose they are"),
        ({"data": [entry(0, 1)]}, "of 1 texts instead of 2"),
        ({"data": [entry(0, 1), entry(2, 1)]}, "of 2 texts instead of 2"),
        ({"data": [entry(0, 1), entry(1, 1), entry(2, 1)]}, "of 3 texts instead of 2"),
    ],
)
def test_what_does_not_have_one_vector_for_each_text_is_refused(data: Any, what: str) -> None:
    with pytest.raises(ProtocolError, match=what) as caught:
        read_embeddings(data, 2, SOURCE)
    assert (caught.value.provider, caught.value.model) == ("house", "m-1")


@pytest.mark.parametrize("usage", [None, [], {"prompt_tokens": "7"}, {"prompt_tokens": True}, {"total_tokens": 7}])
def test_tokens_that_are_not_told_are_unknown(usage: Any) -> None:
    assert read_embeddings({"data": [entry(0, 1)], "usage": usage}, 1, SOURCE).usage == Usage()
