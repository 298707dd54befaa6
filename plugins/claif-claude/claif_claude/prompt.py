"""From a query's messages to the line that Claude Code reads."""

from __future__ import annotations

import base64
from typing import Any

from claif.api import FileBlock, ImageBlock, InvalidQueryError, Query, TextBlock, agent_messages, file_text

CLEAR = "/clear"


def user_line(content: str | list[dict[str, Any]]) -> dict[str, Any]:
    """A line with what the user says."""
    return {
        "type": "user",
        "message": {"role": "user", "content": content},
        "parent_tool_use_id": None,
        "session_id": "default",
    }


def content_of(query: Query) -> list[dict[str, Any]]:
    """The blocks of what the user says.

    Raises:
        InvalidQueryError: Claude Code takes no such attachment, or the last message is not the user's.
    """
    return [_block(block) for block in agent_messages(query)]


def _block(block: object) -> dict[str, Any]:
    match block:
        case TextBlock():
            # A text that begins with a slash would be a command of Claude Code (seen with 2.1.197).
            return _text(f" {block.text}" if block.text.startswith("/") else block.text)
        case ImageBlock() if block.url is None:
            return {"type": "image", "source": _source(block)}
        case FileBlock() if block.url is None and block.mime_type == "application/pdf":
            return {"type": "document", "source": _source(block)}
        case FileBlock():
            return _text(file_text(block, "Claude Code"))
    raise InvalidQueryError(
        f"Claude Code takes no {type(block).__name__} of this kind.", hint="Attach the file itself."
    )


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _source(block: ImageBlock | FileBlock) -> dict[str, Any]:
    return {"type": "base64", "media_type": block.mime_type, "data": base64.b64encode(block.data).decode()}
