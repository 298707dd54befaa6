"""What can be embedded, and in which batches it is sent."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from client.makers import client_of, maker_of
from hypothesis import given
from hypothesis import strategies as st

from claif.api import (
    EmbeddingLimits,
    InvalidQueryError,
)
from claif.client.embedding import batches, check_texts


@given(
    st.lists(st.text(min_size=1, max_size=30)),
    st.builds(EmbeddingLimits, st.integers(1, 5), st.integers(1, 60), st.just(1)),
)
def test_batches_have_all_texts_in_order_and_are_as_large_as_they_may_be(
    texts: list[str], limits: EmbeddingLimits
) -> None:
    found = list(batches(texts, limits))
    assert [text for batch in found for text in batch] == texts

    def fits(batch: list[str]) -> bool:
        return len(batch) <= limits.texts and sum(len(text.encode()) for text in batch) <= limits.bytes

    assert all(batch and (len(batch) == 1 or fits(batch)) for batch in found)
    assert not any(fits([*batch, following[0]]) for batch, following in itertools.pairwise(found))


@pytest.mark.parametrize(
    ("texts", "what"),
    [
        ([], "no text to embed"),
        ("", "The text is blank"),
        ([" \n"], "The text is blank"),
        (["a", ""], "Text 2 of 2 is blank"),
        (["a", "b\0c"], "Text 2 of 2 has a NUL character at position 1"),
        ("a\ud800", "The text has a character at position 1 that is not valid Unicode"),
        (["a", 3], "Text 2 of 2 is no text but int"),
        (["a", b"b"], "Text 2 of 2 is no text but bytes"),
    ],
)
async def test_what_cannot_be_embedded_is_refused_before_anybody_is_asked(texts: Any, what: str) -> None:
    async with client_of() as client:
        with pytest.raises(InvalidQueryError, match=what) as caught:
            await client.embed(texts)
        assert caught.value.hint
        assert maker_of(client).asked == []


@pytest.mark.parametrize("dimensions", [0, -1, True, 2.5, "8"])
async def test_a_number_of_dimensions_is_a_whole_number_from_1_on(dimensions: Any) -> None:
    async with client_of() as client:
        with pytest.raises(InvalidQueryError, match="no number of dimensions"):
            await client.embed("a", dimensions=dimensions)


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
async def test_a_time_limit_is_above_0(timeout: float) -> None:
    async with client_of() as client:
        with pytest.raises(InvalidQueryError, match="time limit"):
            await client.embed("a", timeout=timeout)


def test_one_text_needs_no_list() -> None:
    assert check_texts("a b") == ("a b",)
    assert check_texts(text for text in ("a", "b")) == ("a", "b")  # type: ignore[arg-type] # whatever can be iterated
