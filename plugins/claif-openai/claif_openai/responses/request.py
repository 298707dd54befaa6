"""From a query to the body of a request to the Responses API; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claif.api import InvalidQueryError, Options, Query, is_closed_schema
from claif_openai.responses.items import input_items, split_instructions

RESERVED = frozenset(("input", "instructions", "model", "stream", "tools"))
"""Fields that options must not set, because the query has its own way to say them."""

ENCRYPTED = "reasoning.encrypted_content"
"""Asks for proofs of thought; a server that keeps nothing needs them to go on thinking in the next turn."""


def request_body(query: Query, model: str | None) -> dict[str, Any]:
    """The request as JSON data.

    Nothing is stored at the provider unless the option `store` asks for it: conversations are kept by who has them.

    Args:
        query: what is asked.
        model: name of the model; left out when `None`.

    Raises:
        InvalidQueryError: something in the query has no form in this protocol.
    """
    instructions, messages = split_instructions(query.messages)
    body: dict[str, Any] = {"input": [item for message in messages for item in input_items(message)], "store": False}
    if model is not None:
        body["model"] = model
    if instructions:
        body["instructions"] = instructions
    if query.stream:
        body["stream"] = True
    if query.tools:
        body["tools"] = [
            {
                "type": "function",
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.parameters,
                # Left out, it means true here, and schemas that are not closed would be changed.
                "strict": is_closed_schema(tool.parameters),
            }
            for tool in query.tools
        ]
    body |= _options(query.options)
    if query.schema is not None:
        answer = {"name": "answer", "schema": query.schema, "strict": is_closed_schema(query.schema)}
        given = body.get("text")
        body["text"] = {**(given if isinstance(given, Mapping) else {}), "format": {"type": "json_schema", **answer}}
    return body


def _options(options: Options) -> dict[str, Any]:
    if options.stop:
        raise InvalidQueryError(
            "The Responses API has no stop texts.",
            hint='Leave them out, or ask with `api = "chat"` in the provider\'s table.',
        )
    known = {"temperature": options.temperature, "top_p": options.top_p, "max_output_tokens": options.max_tokens}
    chosen: dict[str, Any] = {name: value for name, value in known.items() if value is not None}
    extra = dict(options.extra)
    if taken := sorted(RESERVED & extra.keys()):
        raise InvalidQueryError(
            f"The option {taken[0]} cannot be set: it is a part of the query itself.",
            hint="Leave it out; model, tools, system text and messages have their own arguments.",
        )
    if (effort := extra.pop("reasoning_effort", None)) is not None:
        # The name that the same option has in chat completions.
        extra["reasoning"] = {"effort": effort, **(extra.get("reasoning") or {})}
    if extra.get("reasoning") and not extra.get("store"):
        # Only who asks for reasoning gets the proofs: models that do not reason refuse to be asked for them.
        extra.setdefault("include", [ENCRYPTED])
    return chosen | extra
