"""Thought signatures: the server's proof of what it thought, kept in a block's signature so that it can go back.

The server puts a signature on any part of its answer and wants it back on the very same part; our blocks of text and of
calls have no place for it. So a `ThinkingBlock` carries it, and says which part it belongs to:

1. `next`: the part after the block; the text of the block, if it has any, is a thought that stood before that part.
2. `own`: the thought that the block is.
3. `empty`: a part without any text; so signatures come at the end of a stream.
"""

from __future__ import annotations

from typing import Literal, get_args

Place = Literal["next", "own", "empty"]

_MARK = "gemini"
"""Tells these signatures from other providers', which this API would refuse: conversations may move."""
_PLACES: dict[str, Place] = {place: place for place in get_args(Place)}


def mark_signature(place: Place, signature: str) -> str:
    """The signature as a `ThinkingBlock` has it."""
    return f"{_MARK}:{place}:{signature}"


def read_signature(marked: str | None) -> tuple[Place, str] | None:
    """Where the signature of a `ThinkingBlock` belongs, and the signature; `None` if it is not of this API."""
    mark, _, rest = (marked or "").partition(":")
    place, _, signature = rest.partition(":")
    if mark != _MARK or place not in _PLACES or not signature:
        return None
    return _PLACES[place], signature
