"""From a query's messages to the input of a turn."""

from __future__ import annotations

import base64
from typing import Any

from claif.api import FileBlock, ImageBlock, InvalidQueryError, Query, TextBlock, agent_messages, file_text


def input_of(query: Query) -> list[dict[str, Any]]:
    """The input items of a turn.

    Raises:
        InvalidQueryError: Codex takes no such attachment, or the last message is not the user's.
    """
    return [_item(block) for block in agent_messages(query)]


def _item(block: object) -> dict[str, Any]:
    match block:
        case TextBlock():
            return {"type": "text", "text": block.text}
        case ImageBlock() if block.url is None:
            data = base64.b64encode(block.data).decode()
            return {"type": "image", "url": f"data:{block.mime_type};base64,{data}"}
        case FileBlock():
            return {"type": "text", "text": file_text(block, "Codex")}
    raise InvalidQueryError(f"Codex takes no {type(block).__name__} of this kind.", hint="Attach the file itself.")
