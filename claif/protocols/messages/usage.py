"""What the Messages API says about tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...models import Usage

_INPUT = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
"""Counts that exclude each other; together they are what was read."""


def read_usage(usage: Mapping[str, Any]) -> Usage:
    """The `usage` of an answer.

    The API counts tokens that it wrote to its cache, or read from there, apart from the other tokens of the input; here
    they are part of it. Those that it keeps for an hour, which cost more, are told in `cache_creation`.
    """
    counts = [_count(usage.get(name)) for name in _INPUT]
    details, written = usage.get("output_tokens_details"), usage.get("cache_creation")
    return Usage(
        input_tokens=None if counts[0] is None else sum([count or 0 for count in counts]),
        output_tokens=_count(usage.get("output_tokens")),
        cached_tokens=counts[2],
        reasoning_tokens=_count(details.get("thinking_tokens")) if isinstance(details, dict) else None,
        cache_write_tokens=counts[1],
        cache_write_1h_tokens=_count(written.get("ephemeral_1h_input_tokens")) if isinstance(written, dict) else None,
    )


def _count(value: Any) -> int | None:
    return value if value.__class__ is int and value >= 0 else None
