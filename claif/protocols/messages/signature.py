"""Proofs of thought: the signatures of the Messages API, marked as its own in a block."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...models import ThinkingBlock

_MARK = "messages:"
"""Tells these signatures from other protocols', which this API would refuse: conversations may move."""


def marked(signature: str) -> str | None:
    """A signature as a block keeps it; `None` if the server has sent none."""
    return f"{_MARK}{signature}" if signature else None


def proof_of(block: ThinkingBlock) -> str | None:
    """The signature that goes back to the server; `None` if the block has none of this protocol."""
    signature = block.signature or ""
    return signature.removeprefix(_MARK) if signature.startswith(_MARK) else None
