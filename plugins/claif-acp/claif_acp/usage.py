"""What a turn consumed: the protocol has no settled place for it, so each agent tells it in its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from claif.api import Usage
from claif_acp.parts import number, table


def plain_usage(result: Mapping[str, Any]) -> Usage | None:
    """The `usage` of a result (OpenCode 1.18.33, Copilot 1.0.102); what a cache had stands beside the input."""
    usage = table(result.get("usage"))
    fresh, output = number(usage.get("inputTokens")), number(usage.get("outputTokens"))
    if fresh is None and output is None:
        return None
    cached = number(usage.get("cachedReadTokens"))
    written = number(usage.get("cachedWriteTokens")) or 0
    return Usage(
        input_tokens=None if fresh is None else fresh + (cached or 0) + written,
        output_tokens=output,
        cached_tokens=cached,
        reasoning_tokens=number(usage.get("thoughtTokens")),
    )


def with_cost(usage: Usage | None, update: Mapping[str, Any]) -> Usage | None:
    """The usage with the cost that a `usage_update` tells, if it is in US dollars."""
    cost = table(update.get("cost"))
    amount = cost.get("amount")
    if cost.get("currency") != "USD" or isinstance(amount, bool) or not isinstance(amount, int | float) or amount < 0:
        return usage
    return evolve(usage or Usage(), cost=float(amount))
