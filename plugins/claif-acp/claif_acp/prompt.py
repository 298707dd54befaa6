"""From a query's messages to the blocks of `session/prompt`."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from claif.api import (
    ContentBlock,
    FileBlock,
    ImageBlock,
    InvalidQueryError,
    Query,
    TextBlock,
    agent_messages,
    file_text,
)

if TYPE_CHECKING:
    from claif_acp.agent import Agent

COMMANDS = ("/", "$")
JOINER = "\u2060"
"""An invisible character, and no space."""


def prompt_of(query: Query, agent: Agent, name: str, *, system: bool) -> list[dict[str, Any]]:
    """The blocks of a prompt.

    Args:
        query: what is asked.
        agent: what the agent offers.
        name: what the user calls it.
        system: whether the instructions stand in front, for the protocol has no place for them.

    Raises:
        InvalidQueryError: the agent takes no such attachment, or the last message is not the user's.
    """
    blocks: list[ContentBlock] = [*agent_messages(query)]
    if system and query.system:
        blocks.insert(0, TextBlock(query.system))
    return [_block(block, agent, name) for block in blocks]


def _block(block: object, agent: Agent, name: str) -> dict[str, Any]:
    match block:
        case TextBlock():
            # A text that begins so would be a command of the agent, also behind spaces (Gemini CLI 0.61.0).
            return _text(f"{JOINER}{block.text}" if block.text.lstrip().startswith(COMMANDS) else block.text)
        case ImageBlock() if block.url is None and agent.images:
            return {"type": "image", "mimeType": block.mime_type, "data": _base64(block.data)}
        case FileBlock() if block.url is None and agent.embedded:
            return {"type": "resource", "resource": _resource(block)}
        case FileBlock():
            return _text(file_text(block, name))
    raise InvalidQueryError(
        f"{name} takes no {type(block).__name__} of this kind.", hint="Let the agent read the file by its path."
    )


def _resource(block: FileBlock) -> dict[str, Any]:
    resource = {"uri": f"attachment:///{quote(block.name or 'attached')}", "mimeType": block.mime_type}
    try:
        return resource | {"text": block.data.decode()}
    except UnicodeDecodeError:
        return resource | {"blob": _base64(block.data)}


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
