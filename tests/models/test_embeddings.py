"""Vectors are compared by their direction."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.models import Embeddings, cosine_similarity

NUMBERS = st.floats(-1e6, 1e6, allow_subnormal=False).map(lambda number: round(number, 3))
VECTORS = st.integers(1, 8).flatmap(lambda size: st.lists(NUMBERS, min_size=size, max_size=size))


@given(VECTORS)
def test_a_vector_is_as_like_itself_and_its_multiples_as_can_be(vector: list[float]) -> None:
    expected = 1.0 if any(vector) else 0.0
    assert cosine_similarity(vector, vector) == pytest.approx(expected)
    assert cosine_similarity(vector, [2 * number for number in vector]) == pytest.approx(expected)
    assert cosine_similarity(vector, [-number for number in vector]) == pytest.approx(-expected)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=8))
def test_likeness_has_no_direction_and_bounds(pairs: list[tuple[float, float]]) -> None:
    one, other = zip(*pairs, strict=True)
    assert -1.0 <= cosine_similarity(one, other) == cosine_similarity(other, one) <= 1.0


@pytest.mark.parametrize(
    ("one", "other", "cosine"), [((1, 0), (0, 3), 0.0), ((3, 4), (4, 3), 0.96), ((0, 0), (1, 1), 0.0)]
)
def test_the_cosine_of_the_angle_is_told(one: tuple[float, ...], other: tuple[float, ...], cosine: float) -> None:
    assert cosine_similarity(one, other) == pytest.approx(cosine)


def test_vectors_of_different_lengths_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="2 and 3 numbers"):
        cosine_similarity((1, 0), (1, 0, 0))


def test_dimensions_are_the_numbers_of_a_vector() -> None:
    assert Embeddings(((1.0, 2.0, 3.0), (0.0, 0.0, 1.0))).dimensions == 3
    assert Embeddings(()).dimensions == 0
