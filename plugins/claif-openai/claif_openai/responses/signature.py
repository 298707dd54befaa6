"""Proofs of thought: reasoning that the server has encrypted, kept in a block's signature so that it can go back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from claif.api import ThinkingBlock

_MARK = "responses"
"""Tells these signatures from other providers', which this API would refuse: conversations may move."""


def signature_of(item: dict[str, Any]) -> str | None:
    """The signature of a reasoning item; `None` if the server has sent no proof."""
    identity, proof = item.get("id"), item.get("encrypted_content")
    if not (isinstance(identity, str) and isinstance(proof, str) and identity and proof) or ":" in identity:
        return None
    return f"{_MARK}:{identity}:{proof}"


def reasoning_item(block: ThinkingBlock) -> dict[str, Any] | None:
    """The item that takes a thought back to the server that thought it; `None` if the block has no proof for it."""
    mark, _, rest = (block.signature or "").partition(":")
    identity, _, proof = rest.partition(":")
    if mark != _MARK or not identity or not proof:
        return None
    summary = [{"type": "summary_text", "text": block.text}] if block.text else []
    return {"type": "reasoning", "id": identity, "summary": summary, "encrypted_content": proof}
