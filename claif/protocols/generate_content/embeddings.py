"""Embeddings as the Gemini API gives them; pure.

The shapes are those of https://ai.google.dev/api/embeddings#method:-models.batchembedcontents.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...models import Embeddings, Usage
from ..embeddings import NONE_AT_ALL, read_vector

if TYPE_CHECKING:
    from ..failures import ErrorSource


def request_body(texts: Sequence[str], model: str, dimensions: int | None = None) -> dict[str, Any]:
    """The request as JSON data.

    Args:
        texts: at most 100, as the API has it.
        model: the model with its folder; each text names it again.
        dimensions: how many numbers a vector shall have.
    """
    size = {} if dimensions is None else {"outputDimensionality": dimensions}
    return {"requests": [{"model": model, "content": {"parts": [{"text": text}]}, **size} for text in texts]}


def read_embeddings(data: Any, count: int, source: ErrorSource) -> Embeddings:
    """The vectors of an answer, which come in the order of the texts.

    Args:
        data: the body as JSON data.
        count: how many texts were sent.
        source: whom errors name.

    Raises:
        ProtocolError: it is no such answer, or does not have one vector for each text.
    """
    listed = data.get("embeddings") if isinstance(data, dict) else None
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        raise source.garbled(NONE_AT_ALL)
    if len(listed) != count:
        raise source.garbled(f"embeddings of {len(listed)} texts instead of {count}")
    vectors = tuple([read_vector(entry.get("values"), source) for entry in listed])
    return Embeddings(vectors, source.provider, source.model, _usage(data.get("usageMetadata")))


def _usage(usage: Any) -> Usage:
    """The tokens of the texts; older models do not count them."""
    tokens = usage.get("promptTokenCount") if isinstance(usage, dict) else None
    return Usage(input_tokens=tokens if tokens.__class__ is int else None)
