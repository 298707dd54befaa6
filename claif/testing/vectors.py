"""Vectors for tests: texts that share words are near each other, and the same text gives the same vector everywhere."""

from __future__ import annotations

from hashlib import sha256

DIMENSIONS = 8


def vector_of(text: str, dimensions: int | None = None) -> tuple[float, ...]:
    """The vector of a text: each word adds one to a number that it is hashed to; exact as IEEE 754 singles.

    Args:
        text: one that is not blank.
        dimensions: how many numbers; 8 when `None`.
    """
    numbers = [0.0] * (dimensions or DIMENSIONS)
    for word in text.casefold().split():
        numbers[int.from_bytes(sha256(word.encode()).digest()[:4]) % len(numbers)] += 1.0
    return tuple(numbers)


def tokens_of(texts: list[str]) -> int:
    """The tokens of texts: one a word."""
    return sum([len(text.split()) for text in texts])
