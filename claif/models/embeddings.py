"""Embeddings: texts as vectors of numbers, so that texts of like meaning are near each other."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, hypot

from attrs import field, frozen

from .reply import Timings
from .usage import Usage

Vector = tuple[float, ...]


@frozen
class Embeddings:
    """The vectors of some texts, one each, in the order of the texts; all have the same length.

    Args:
        vectors: the numbers.
        provider: name of the provider that made them.
        model: name of the model, as the provider told it or else as it was asked for. Only vectors of one model can be
            compared.
        usage: tokens consumed.
        timings: how long it took.
        cached: how many of the texts were in the cache, and cost nothing.
    """

    vectors: tuple[tuple[float, ...], ...]
    provider: str | None = None
    model: str | None = None
    usage: Usage = field(factory=Usage)
    timings: Timings = field(factory=Timings)
    cached: int = 0

    @property
    def dimensions(self) -> int:
        """How many numbers each vector has; 0 if there is none."""
        return len(self.vectors[0]) if self.vectors else 0


def cosine_similarity(one: Sequence[float], other: Sequence[float]) -> float:
    """How alike two texts are by their vectors: the cosine of the angle between them, from -1 to 1.

    Args:
        one: a vector.
        other: another one of the same model, and as long.

    Returns:
        1 for the same direction; 0 if a vector has no direction because it is all zeros.

    Raises:
        ValueError: they are not of the same length.
    """
    if len(one) != len(other):
        raise ValueError(f"vectors of {len(one)} and {len(other)} numbers cannot be compared")
    lengths = hypot(*one) * hypot(*other)
    if not lengths:
        return 0.0
    cosine = fsum([first * second for first, second in zip(one, other, strict=True)]) / lengths
    return max(-1.0, min(1.0, cosine))


@frozen
class EmbeddingLimits:
    """The most that a provider embeds at once; more is asked for in several requests.

    Args:
        texts: texts in one request.
        bytes: bytes of all texts of one request in UTF-8; a longer text is sent alone.
        requests: requests at the same time.
    """

    texts: int = 100
    bytes: int = 300_000
    requests: int = 4
