"""Embeddings as OpenAI's endpoint `/embeddings` gives them, which many servers have; pure.

The shapes are those of https://platform.openai.com/docs/api-reference/embeddings.
"""

from __future__ import annotations

import binascii
import sys
from array import array
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

from ..models import Embeddings, Usage

if TYPE_CHECKING:
    from ..models.embeddings import Vector
    from .failures import ErrorSource

NONE_AT_ALL = "embeddings that are none"
NUMBER = 4
"""Bytes of a number in base64: an IEEE 754 single, little-endian."""


def request_body(
    texts: Sequence[str], model: str, dimensions: int | None = None, encoding: str | None = None
) -> dict[str, Any]:
    """The request as JSON data.

    Args:
        texts: at most 2048, with at most 300,000 tokens, as OpenAI has it.
        model: name of the model.
        dimensions: how many numbers a vector shall have.
        encoding: `float` or `base64`; not said when `None`, since not all servers know the field.
    """
    body: dict[str, Any] = {"model": model, "input": list(texts)}
    if dimensions is not None:
        body["dimensions"] = dimensions
    if encoding is not None:
        body["encoding_format"] = encoding
    return body


def read_embeddings(data: Any, count: int, source: ErrorSource) -> Embeddings:
    """The vectors of an answer, in the order of the texts: each entry tells by its `index` whose it is.

    Args:
        data: the body as JSON data.
        count: how many texts were sent.
        source: whom errors name.

    Raises:
        ProtocolError: it is no such answer, or does not have one vector for each text.
    """
    listed = data.get("data") if isinstance(data, dict) else None
    if not isinstance(listed, list):
        raise source.garbled(NONE_AT_ALL)
    found: dict[int, Vector] = {}
    for place, entry in enumerate(listed):
        if not isinstance(entry, dict):
            raise source.garbled(NONE_AT_ALL)
        index = entry.get("index", place)
        if index.__class__ is not int or index in found:
            raise source.garbled("embeddings that do not tell whose they are")
        found[index] = read_vector(entry.get("embedding"), source)
    if found.keys() != set(range(count)):
        raise source.garbled(f"embeddings of {len(found)} texts instead of {count}")
    model = data.get("model")
    return Embeddings(
        tuple([found[index] for index in range(count)]),
        source.provider,
        model if isinstance(model, str) and model else source.model,
        _usage(data.get("usage")),
    )


def read_vector(value: Any, source: ErrorSource) -> Vector:
    """A vector from a list of numbers, or from singles in base64.

    Raises:
        ProtocolError: it is neither, is empty, or has a number that is not finite.
    """
    numbers: Sequence[float] = ()
    if isinstance(value, list) and set(map(type, value)) <= {int, float}:
        numbers = _floats(value)
    elif isinstance(value, str):
        numbers = _singles(value)
    if not numbers or not all(map(isfinite, numbers)):
        raise source.garbled("an embedding that is no list of numbers")
    return tuple(numbers)


def _floats(value: list[float]) -> Sequence[float]:
    try:
        return [float(number) for number in value]
    except OverflowError:  # a whole number that is too large
        return ()


def _singles(text: str) -> Sequence[float]:
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return ()
    if len(data) % NUMBER:
        return ()
    numbers = array("f", data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tolist()


def _usage(usage: Any) -> Usage:
    tokens = usage.get("prompt_tokens") if isinstance(usage, Mapping) else None
    return Usage(input_tokens=tokens if tokens.__class__ is int else None)
