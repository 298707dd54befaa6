"""From messages to the turns and content blocks of the Messages API; pure."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from typing import Any

from ...errors import InvalidQueryError
from ...models import (
    ContentBlock,
    FileBlock,
    ImageBlock,
    Message,
    Role,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    UnknownBlock,
)
from ..attachments import text_of_file
from .signature import proof_of

Block = dict[str, Any]

IMAGES = frozenset(("image/jpeg", "image/png", "image/gif", "image/webp"))
"""https://docs.anthropic.com/en/docs/build-with-claude/vision"""
PDF = "application/pdf"


def turns(messages: Iterable[Message]) -> list[Block]:
    """The messages of the conversation as turns of the user and the assistant, which alternate.

    1. System messages are left out; they stand elsewhere.
    2. Tool results are said by the user, and come first in their turn: the API wants them right after the call.
    3. Messages of the same side that follow each other are one turn.
    4. Empty texts, and thoughts without a proof from this API, are left out: they would be refused.

    Raises:
        InvalidQueryError: a block has no form in this protocol.
    """
    said: list[Block] = []
    for message in messages:
        if message.role is Role.SYSTEM:
            continue
        role = "assistant" if message.role is Role.ASSISTANT else "user"
        blocks = [made for block in message.content if (made := _block(block, message.role)) is not None]
        if blocks and said and said[-1]["role"] == role:
            said[-1]["content"] += blocks
        elif blocks:
            said.append({"role": role, "content": blocks})
    for turn in said:
        if turn["role"] == "user":
            turn["content"].sort(key=_is_no_result)
    return said


def _is_no_result(block: Block) -> bool:
    return block.get("type") != "tool_result"


def system_text(messages: Iterable[Message]) -> str:
    """The texts of all system messages; the API takes them apart from the conversation, at its beginning.

    Raises:
        InvalidQueryError: one of them has something else than text.
    """
    texts: list[str] = []
    for message in messages:
        if message.role is Role.SYSTEM:
            for block in message.content:
                if not isinstance(block, TextBlock):
                    raise _no_form(block, message.role)
            texts.append(message.text)
    return "\n\n".join([text for text in texts if text.strip()])


def _block(block: ContentBlock, role: Role) -> Block | None:
    """The form of a block; `None` if it is left out."""
    if role is Role.TOOL and not isinstance(block, ToolResultBlock):
        raise InvalidQueryError("A message of a tool may contain tool results only.")
    made: Block | None
    if isinstance(block, TextBlock):
        made = {"type": "text", "text": block.text} if block.text.strip() else None
    elif isinstance(block, ThinkingBlock):
        proof = proof_of(block)
        made = None if proof is None else {"type": "thinking", "thinking": block.text, "signature": proof}
    elif isinstance(block, UnknownBlock):
        # What came from this API, such as a redacted thought, goes back as it came.
        made = dict(block.raw)
    elif isinstance(block, ToolUseBlock) and role is Role.ASSISTANT:
        made = {"type": "tool_use", "id": block.id, "name": block.tool_name, "input": block.parameters}
    elif isinstance(block, ToolResultBlock) and role is not Role.ASSISTANT:
        made = {"type": "tool_result", "tool_use_id": block.tool_use_id, "content": block.content}
        if block.is_error:
            made["is_error"] = True
    elif isinstance(block, ImageBlock) and role is Role.USER:
        made = {"type": "image", "source": _image(block)}
    elif isinstance(block, FileBlock) and role is Role.USER:
        made = _file(block)
    else:
        raise _no_form(block, role)
    return made


def _image(block: ImageBlock) -> Block:
    if block.url is not None:
        return {"type": "url", "url": block.url}
    if block.mime_type not in IMAGES:
        raise InvalidQueryError(
            f"The Messages API does not take images of the type {block.mime_type}.",
            hint="Convert the image to PNG, JPEG, WebP or GIF.",
        )
    return _base64(block)


def _file(block: FileBlock) -> Block | None:
    title = {"title": block.name} if block.name else {}
    if block.url is not None:
        return {"type": "document", "source": {"type": "url", "url": block.url}, **title}
    if block.mime_type == PDF:
        return {"type": "document", "source": _base64(block), **title}
    if (text := text_of_file(block)) is not None:
        return {"type": "text", "text": text} if text.strip() else None
    raise InvalidQueryError(
        f"The Messages API does not take files of the type {block.mime_type}.",
        hint="Attach a PDF, an image or a text file.",
    )


def _base64(block: ImageBlock | FileBlock) -> Block:
    return {"type": "base64", "media_type": block.mime_type, "data": b64encode(block.data).decode("ascii")}


def _no_form(block: ContentBlock, role: Role) -> InvalidQueryError:
    return InvalidQueryError(
        f"A {type(block).__name__} in a message of the role {role.value} has no form in the Messages API.",
        hint="Remove the block from the message.",
    )
