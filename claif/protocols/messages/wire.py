"""From a query to the body of a Messages request; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .blocks import Block, system_text, turns
from .cache import mark_cache
from .options import option_fields
from .schema import closed_schema

if TYPE_CHECKING:
    from ...models import Query

COUNTED = (
    *("model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "cache_control"),
    *("mcp_servers", "context_management"),
)
"""The fields that tell how long a prompt is; the API refuses others when it only counts."""


def request_body(query: Query, model: str | None) -> dict[str, Any]:
    """The request as JSON data.

    Args:
        query: what is asked.
        model: name of the model; left out when `None`.

    Raises:
        InvalidQueryError: something in the query has no form in this protocol.
    """
    fields = option_fields(query.options)
    cache = fields.pop("cache", None)
    body: dict[str, Any] = {"messages": turns(query.messages)}
    if model is not None:
        body["model"] = model
    if system := system_text(query.messages):
        body["system"] = system
    if query.stream:
        body["stream"] = True
    if query.tools:
        body["tools"] = [
            {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
            for tool in query.tools
        ]
    body |= fields
    if query.schema is not None:
        given = body.get("output_config")
        answer = {"type": "json_schema", "schema": closed_schema(query.schema)}
        body["output_config"] = {**(given if isinstance(given, Mapping) else {}), "format": answer}
    mark_cache(body, cache)
    for turn in body["messages"]:
        turn["content"] = _short(turn["content"])
    return body


def count_body(query: Query, model: str | None) -> dict[str, Any]:
    """The request that has the tokens of the same query counted.

    Raises:
        InvalidQueryError: see `request_body`.
    """
    body = request_body(query, model)
    return {name: body[name] for name in COUNTED if name in body}


def _short(blocks: list[Block]) -> str | list[Block]:
    """Content that is one plain text as a string, which every server takes."""
    if len(blocks) == 1 and blocks[0].keys() == {"type", "text"} and blocks[0]["type"] == "text":
        return str(blocks[0]["text"])
    return blocks
