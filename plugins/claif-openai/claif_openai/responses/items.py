"""From messages to the items that the Responses API takes as input; pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from claif.api import (
    ContentBlock,
    FileBlock,
    ImageBlock,
    InvalidQueryError,
    Message,
    Role,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    data_url,
    json_dumps,
    text_of_file,
)
from claif_openai.responses.signature import reasoning_item

Item = dict[str, Any]


def split_instructions(messages: Iterable[Message]) -> tuple[str, list[Message]]:
    """The system messages that come first and are only text, as one text, and the messages after them."""
    rest = list(messages)
    texts: list[str] = []
    while rest and rest[0].role is Role.SYSTEM and all(isinstance(block, TextBlock) for block in rest[0].content):
        texts.append(rest.pop(0).text)
    return "\n\n".join(texts), rest


def input_items(message: Message) -> list[Item]:
    """The items for one message, in the order of its blocks.

    1. Text, images and files that stand together become one message.
    2. Tool calls and tool results are items of their own.
    3. A thought goes back only with its proof from this API; others would be refused.

    Raises:
        InvalidQueryError: a block has no form in this protocol.
    """
    items: list[Item] = []
    parts: list[Item] = []
    for block in message.content:
        if isinstance(block, ThinkingBlock):
            apart = reasoning_item(block)
            if apart is None:
                continue
        elif isinstance(block, ToolResultBlock):
            apart = {"type": "function_call_output", "call_id": block.tool_use_id, "output": block.content}
        elif isinstance(block, ToolUseBlock) and message.role is Role.ASSISTANT:
            arguments = json_dumps(block.parameters).decode()
            apart = {"type": "function_call", "call_id": block.id, "name": block.tool_name, "arguments": arguments}
        else:
            parts.append(_part(block, message.role))
            continue
        items += [*_message(message.role, parts), apart]
        parts = []
    return items + _message(message.role, parts)


def _message(role: Role, parts: list[Item]) -> list[Item]:
    if not parts:
        return []
    if role is Role.TOOL:
        raise InvalidQueryError("A message of a tool may contain tool results only.")
    # llama.cpp needs the type, although the protocol lets it be left out.
    return [{"type": "message", "role": role.value, "content": parts}]


def _part(block: ContentBlock, role: Role) -> Item:
    if isinstance(block, TextBlock):
        return {"type": "output_text" if role is Role.ASSISTANT else "input_text", "text": block.text}
    if role is Role.USER:
        if isinstance(block, ImageBlock):
            return {"type": "input_image", "image_url": block.url or data_url(block)}
        if isinstance(block, FileBlock):
            return _file(block)
    raise InvalidQueryError(
        f"A {type(block).__name__} in a message of the role {role.value} has no form in the Responses API.",
        hint="Remove the block from the message.",
    )


def _file(block: FileBlock) -> Item:
    if block.url is not None:
        return {"type": "input_file", "file_url": block.url}
    if (text := text_of_file(block)) is not None:
        return {"type": "input_text", "text": text}
    return {"type": "input_file", "filename": block.name or "attachment", "file_data": data_url(block)}
