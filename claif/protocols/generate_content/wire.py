"""From a query to the body of a request of the Gemini API; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...errors import InvalidQueryError
from .contents import contents_of, system_text

if TYPE_CHECKING:
    from ...models import Options, Query

RESERVED = frozenset(("contents", "model", "systemInstruction", "tools"))
"""Fields that options must not set, because the query has its own way to say them."""

SAMPLING = {
    "temperature": "temperature",
    "top_p": "topP",
    "max_tokens": "maxOutputTokens",
    "stop": "stopSequences",
    "seed": "seed",
}
"""Options that every provider knows -> their names here."""

THINKING = frozenset(("thinkingBudget", "thinkingLevel", "includeThoughts"))
"""Options about thoughts, which have a table of their own."""

BESIDE = frozenset(("cachedContent", "labels", "safetySettings", "serviceTier", "store", "toolConfig"))
"""Fields that stand beside the configuration of the answer; every other option stands in it."""


def request_body(query: Query) -> dict[str, Any]:
    """The request as JSON data; the model and whether to stream are in its URL.

    Raises:
        InvalidQueryError: something in the query has no form in this protocol.
    """
    body: dict[str, Any] = {"contents": contents_of(query.messages)}
    if system := system_text(query.messages):
        body["systemInstruction"] = {"parts": [{"text": system}]}
    if query.tools:
        declared = [
            {"name": tool.name, "description": tool.description, "parametersJsonSchema": tool.parameters}
            for tool in query.tools
        ]
        body["tools"] = [{"functionDeclarations": declared}]
    beside, config = _options(query.options)
    if query.schema is not None:
        config |= {"responseMimeType": "application/json", "responseJsonSchema": query.schema}
    return body | beside | ({"generationConfig": config} if config else {})


def _options(options: Options) -> tuple[dict[str, Any], dict[str, Any]]:
    """What stands beside the configuration of the answer, and that itself.

    The API takes each name in two spellings, `topK` and `top_k`; so do we.
    """
    config: dict[str, Any] = {}
    for name, here in SAMPLING.items():
        value = getattr(options, name)
        if value is not None and value != ():
            config[here] = list(value) if name == "stop" else value
    extra: dict[str, Any] = {}
    for name, value in options.extra.items():
        extra[camel_case(name)] = value
        if camel_case(name) in RESERVED:
            raise InvalidQueryError(
                f"The option {name} cannot be set: it is a part of the query itself.",
                hint="Leave it out; model, tools, system text and messages have their own arguments.",
            )
    beside = {name: extra.pop(name) for name in sorted(BESIDE & extra.keys())}
    config |= _table(extra, "generationConfig")
    thinking = _thinking(extra)
    config |= extra
    return beside, config | ({"thinkingConfig": thinking} if thinking else {})


def _thinking(extra: dict[str, Any]) -> dict[str, Any]:
    """What is said about thoughts, taken out of the options; who says how much to think gets to see it."""
    thinking = _table(extra, "thinkingConfig") | {name: extra.pop(name) for name in sorted(THINKING & extra.keys())}
    if thinking.get("thinkingBudget", 0) != 0 or "thinkingLevel" in thinking:
        thinking.setdefault("includeThoughts", True)
    return thinking


def _table(extra: dict[str, Any], name: str) -> dict[str, Any]:
    value = extra.pop(name, {})
    if not isinstance(value, Mapping):
        raise InvalidQueryError(
            f"The option {name} must be a table, not {type(value).__name__}.",
            hint=f"Write it as JSON: -o '{name}={{…}}'.",
        )
    return dict(value)


def camel_case(name: str) -> str:
    """The name of a field in the API's own spelling."""
    first, *rest = name.split("_")
    return first + "".join([word[:1].upper() + word[1:] for word in rest])
