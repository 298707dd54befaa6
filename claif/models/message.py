"""Messages: who says what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from attrs import evolve, field, frozen

from .blocks import ContentBlock, TextBlock


class Role(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


def _blocks(content: str | Iterable[ContentBlock]) -> tuple[ContentBlock, ...]:
    return (TextBlock(content),) if isinstance(content, str) else tuple(content)


@frozen
class Message:
    """One message of a conversation, and the event that says that a message is complete.

    Args:
        role: who speaks.
        content: content blocks; a string becomes one `TextBlock`.
        metadata: JSON data that providers and processors attach.
    """

    role: Role = field(converter=Role)
    content: tuple[ContentBlock, ...] = field(converter=_blocks)
    metadata: Mapping[str, Any] = field(factory=dict)

    @classmethod
    def user(cls, content: str | Iterable[ContentBlock]) -> Message:
        """A message from the user."""
        return cls(Role.USER, content)

    @classmethod
    def assistant(cls, content: str | Iterable[ContentBlock]) -> Message:
        """A message from the model."""
        return cls(Role.ASSISTANT, content)

    @classmethod
    def system(cls, content: str | Iterable[ContentBlock]) -> Message:
        """Instructions to the model."""
        return cls(Role.SYSTEM, content)

    @property
    def text(self) -> str:
        """All text blocks joined."""
        return "".join([block.text for block in self.content if block.__class__ is TextBlock])

    def replace_text(self, text: str) -> Message:
        """The same message with `text` where its first text block was; its other text blocks go."""
        kept: list[ContentBlock] = []
        placed = False
        for block in self.content:
            if not isinstance(block, TextBlock):
                kept.append(block)
            elif not placed:
                kept.append(TextBlock(text))
                placed = True
        if not placed:
            kept.append(TextBlock(text))
        return evolve(self, content=kept)

    def with_metadata(self, **metadata: Any) -> Message:
        """The same message with more metadata."""
        return Message(self.role, self.content, {**self.metadata, **metadata})
