"""How many tokens a query takes at worst; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from json import dumps
from typing import TYPE_CHECKING

from ..models import FileBlock, TextBlock, ThinkingBlock, ToolResultBlock, ToolUseBlock

if TYPE_CHECKING:
    from ..models import ContentBlock, Query

MAX_INPUT = 2_000_000
"""Tokens: no model takes more."""
MAX_OUTPUT = 16_000
"""Tokens of the answer to a query that sets no `max_tokens`, to a model of which nothing is known."""
OF_A_MESSAGE = 16
"""Tokens by which a message is marked off, at most."""
OF_AN_IMAGE = 16_000
"""Tokens of an image at most: the dearest way to look at one closely."""

_OUTPUT = ("max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens")
_THINKING = ("thinking", "thinkingBudget")
_ANSWERS = ("n", "candidateCount")
"""Options by the names that APIs have for them: what limits the answer, the thinking beside it, and their number."""


def input_at_most(query: Query) -> int:
    """The most tokens that a query is asked with: no token stands for less than a byte of text.

    What is behind a URL is not looked at; it counts as an image.
    """
    found = OF_A_MESSAGE
    for message in query.messages:
        found += OF_A_MESSAGE + sum([_tokens(block) for block in message.content])
    for tool in query.tools:
        found += OF_A_MESSAGE + _bytes(tool.name) + _bytes(tool.description) + _bytes(_json(tool.parameters))
    if query.schema:
        found += _bytes(_json(query.schema))
    return min(found, MAX_INPUT)


def text_at_most(texts: Iterable[str]) -> int:
    """The most tokens that texts have, each by itself, as for embeddings."""
    return sum([OF_A_MESSAGE + _bytes(text) for text in texts])


def output_at_most(query: Query, known: int | None) -> int:
    """The most tokens that a query is answered with.

    Args:
        query: its `max_tokens` says it, with what its options allow for thinking, and how many answers they want.
        known: what is known of the model, for a query that does not say it.
    """
    options, extra = query.options, query.options.extra
    answer = max([_count(options.max_tokens), *_counts(extra, _OUTPUT)]) or known or MAX_OUTPUT
    return (answer + max(_counts(extra, _THINKING))) * max([1, *_counts(extra, _ANSWERS)])


def _counts(extra: Mapping[str, object], names: Iterable[str]) -> list[int]:
    return [_count(extra.get(name)) for name in names]


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _tokens(block: ContentBlock) -> int:
    match block:
        case TextBlock() | ThinkingBlock():
            return _bytes(block.text)
        case ToolUseBlock():
            return _bytes(block.tool_name) + _bytes(_json(block.parameters))
        case ToolResultBlock():
            return _bytes(block.content)
        case FileBlock():
            return max(OF_AN_IMAGE, len(block.data))
        case _:
            return OF_AN_IMAGE


def _json(value: object) -> str:
    return dumps(value, ensure_ascii=False, default=str)


def _bytes(text: str) -> int:
    return len(text.encode(errors="replace"))
