"""What the Responses API says about tokens."""

from __future__ import annotations

from typing import Any

from claif.api import Usage

MAX_COST = 1e12
"""US dollars; a larger number is no cost, and may be too large for a float."""


def read_usage(usage: Any) -> Usage | None:
    """The `usage` of a response, if it has one."""
    if not isinstance(usage, dict):
        return None
    cost = usage.get("cost")
    return Usage(
        input_tokens=_count(usage.get("input_tokens")),
        output_tokens=_count(usage.get("output_tokens")),
        cached_tokens=_detail(usage.get("input_tokens_details"), "cached_tokens"),
        reasoning_tokens=_detail(usage.get("output_tokens_details"), "reasoning_tokens"),
        cost=float(cost) if cost.__class__ in (int, float) and 0 <= cost <= MAX_COST else None,
    )


def _detail(details: Any, name: str) -> int | None:
    return _count(details.get(name)) if isinstance(details, dict) else None


def _count(value: Any) -> int | None:
    return value if value.__class__ is int and value >= 0 else None
