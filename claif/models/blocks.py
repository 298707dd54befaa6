"""Content blocks: the parts that a message is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen


@frozen
class TextBlock:
    """Text."""

    text: str


@frozen
class ThinkingBlock:
    """What the model thought before it answered; `signature` is the provider's proof that it did."""

    text: str
    signature: str | None = None


@frozen
class ImageBlock:
    """An image: its bytes, or the URL under which the provider finds it (Claif itself fetches nothing)."""

    data: bytes = field(default=b"", repr=lambda data: f"<{len(data)} bytes>")
    mime_type: str = "application/octet-stream"
    url: str | None = None


@frozen
class FileBlock:
    """A file that is no image: its bytes, or the URL under which the provider finds it."""

    data: bytes = field(default=b"", repr=lambda data: f"<{len(data)} bytes>")
    mime_type: str = "application/octet-stream"
    name: str | None = None
    url: str | None = None


@frozen
class ToolUseBlock:
    """The model's wish to call a tool; `parameters` is a JSON object."""

    id: str
    tool_name: str
    parameters: Mapping[str, Any] = field(factory=dict)


@frozen
class ToolResultBlock:
    """What the tool answered to the `ToolUseBlock` whose id is `tool_use_id`."""

    tool_use_id: str
    content: str
    is_error: bool = False


@frozen
class UnknownBlock:
    """A block of a kind that this version does not know, kept as the JSON object that it came as."""

    raw: Mapping[str, Any]


ContentBlock = TextBlock | ThinkingBlock | ImageBlock | FileBlock | ToolUseBlock | ToolResultBlock | UnknownBlock
