"""From a query to the body of a chat-completions request; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._json import dumps as json_dumps
from ...errors import InvalidQueryError
from ...models import (
    ContentBlock,
    FileBlock,
    ImageBlock,
    Message,
    Options,
    Query,
    Role,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
)
from ..attachments import data_url, text_of_file
from .quirks import NO_QUIRKS, Quirks

RESERVED = frozenset(("messages", "model", "stream", "stream_options", "tools"))
"""Fields that options must not set, because the query has its own way to say them."""

SAMPLING = ("temperature", "top_p", "max_tokens", "stop", "seed")
"""Options that every provider knows."""


def request_body(query: Query, model: str | None, quirks: Quirks = NO_QUIRKS) -> dict[str, Any]:
    """The request as JSON data.

    Args:
        query: what is asked.
        model: name of the model; left out when `None`.
        quirks: what the server wants differently.

    Raises:
        InvalidQueryError: something in the query has no form in this protocol.
    """
    body: dict[str, Any] = {"messages": [part for message in query.messages for part in _messages(message, quirks)]}
    if model is not None:
        body["model"] = model
    if query.stream:
        body["stream"] = True
        if quirks.stream_usage:
            body["stream_options"] = {"include_usage": True}
    if query.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
            }
            for tool in query.tools
        ]
    if query.schema is not None:
        schema = {"name": "answer", "schema": query.schema, "strict": is_closed_schema(query.schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body | _options(query.options, quirks)


def _options(options: Options, quirks: Quirks) -> dict[str, Any]:
    names = {"max_tokens": quirks.max_tokens, "seed": quirks.seed}
    chosen: dict[str, Any] = {}
    for name in SAMPLING:
        value = getattr(options, name)
        if value is not None and value != ():
            chosen[names.get(name, name)] = list(value) if name == "stop" else value
    for name, value in options.extra.items():
        if name in RESERVED:
            raise InvalidQueryError(
                f"The option {name} cannot be set: it is a part of the query itself.",
                hint="Leave it out; model, tools and messages have their own arguments.",
            )
        chosen[name] = value
    return chosen


def is_closed_schema(schema: Any) -> bool:
    """Whether OpenAI's strict mode takes the schema: each object requires all its properties and allows no others."""
    if isinstance(schema, list | tuple):
        return all(map(is_closed_schema, schema))
    if not isinstance(schema, Mapping):
        return True
    if schema.get("type") == "object" or "properties" in schema:
        properties = schema.get("properties")
        names = set(properties) if isinstance(properties, Mapping) else set()
        required = schema.get("required")
        closed = schema.get("additionalProperties") is False
        if not closed or names - set(map(str, required if isinstance(required, list | tuple) else ())):
            return False
    return all(is_closed_schema(value) for value in schema.values())


def _messages(message: Message, quirks: Quirks) -> list[dict[str, Any]]:
    """The messages of the protocol for one of ours.

    1. Each tool result becomes a message of its own, before the rest: it has to follow the call at once.
    2. Thoughts are not sent back: servers ignore or refuse them.
    3. Tool calls stand beside the content of the assistant.
    4. The rest is content: a plain string where it is only text, since not every server takes parts.
    """
    results: list[dict[str, Any]] = []
    calls: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    for block in message.content:
        if isinstance(block, ToolResultBlock):
            results.append({"role": "tool", "tool_call_id": block.tool_use_id, "content": block.content})
        elif isinstance(block, ToolUseBlock) and message.role is Role.ASSISTANT:
            arguments = json_dumps(block.parameters).decode()
            function = {"name": block.tool_name, "arguments": arguments}
            calls.append({"id": block.id, "type": "function", "function": function})
        elif not isinstance(block, ThinkingBlock):
            parts.append(_part(block, message.role, quirks))
    if not parts and not calls:
        return results
    if message.role is Role.TOOL:
        raise InvalidQueryError("A message of a tool may contain tool results only.")
    content: Any = parts
    if all(part["type"] == "text" for part in parts):
        content = "".join([part["text"] for part in parts])
    said: dict[str, Any] = {"role": message.role.value, "content": content if parts else None}
    if calls:
        said["tool_calls"] = calls
    return [*results, said]


def _part(block: ContentBlock, role: Role, quirks: Quirks) -> dict[str, Any]:
    if isinstance(block, TextBlock):
        return {"type": "text", "text": block.text}
    if role is Role.USER:
        if isinstance(block, ImageBlock):
            return {"type": "image_url", "image_url": {"url": block.url or data_url(block)}}
        if isinstance(block, FileBlock):
            return _file(block, quirks)
    raise InvalidQueryError(
        f"A {type(block).__name__} in a message of the role {role.value} has no form in chat completions.",
        hint="Remove the block from the message.",
    )


def _file(block: FileBlock, quirks: Quirks) -> dict[str, Any]:
    if block.url is not None and not quirks.file_urls:
        raise InvalidQueryError(
            "This endpoint does not fetch files by URL.", hint="Download the file and attach it by its path."
        )
    if block.url is None and (text := text_of_file(block)) is not None:
        return {"type": "text", "text": text}
    file = {"filename": block.name or "attachment", "file_data": block.url or data_url(block)}
    return {"type": "file", "file": file}
