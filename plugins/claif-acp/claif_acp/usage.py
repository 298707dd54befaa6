"""What a turn consumed: the protocol has no settled place for it, so each agent tells it in its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from claif.api import Usage
from claif_acp.parts import number, table


def plain_usage(result: Mapping[str, Any]) -> Usage | None:
    """The usage that a result, or what an agent adds to an update, tells.

    Some count what a cache had and what was thought beside input and output (OpenCode 1.18.33), others within (Copilot
    1.0.102, Qwen Code 0.15.10); the total shows which.

    Args:
        result: has `usage`: `{inputTokens, outputTokens, totalTokens, cachedReadTokens, thoughtTokens}`.
    """
    usage = table(result.get("usage"))
    given, output = number(usage.get("inputTokens")), number(usage.get("outputTokens"))
    if given is None and output is None:
        return None
    cached, thought = number(usage.get("cachedReadTokens")), number(usage.get("thoughtTokens"))
    written = number(usage.get("cachedWriteTokens"))
    total = number(usage.get("totalTokens"))
    if total is not None and total > (given or 0) + (output or 0):
        given = None if given is None else given + (cached or 0) + (written or 0)
        output = None if output is None else output + (thought or 0)
    return Usage(given, output, cached, thought, cache_write_tokens=written)


def with_cost(usage: Usage | None, update: Mapping[str, Any], spent: float | None) -> Usage | None:
    """The usage with the cost that a `usage_update` tells, which is that of the whole conversation.

    Args:
        usage: without it.
        update: has the cost.
        spent: US dollars that the conversation had cost before; `None` if that is not known, as the cost is not then.
    """
    now = dollars(update)
    if now is None or spent is None:
        return usage
    return evolve(usage or Usage(), cost=max(0.0, now - spent))


def dollars(update: Mapping[str, Any]) -> float | None:
    """The cost that a `usage_update` tells, if it is in US dollars."""
    cost = table(update.get("cost"))
    amount = cost.get("amount")
    if cost.get("currency") != "USD" or isinstance(amount, bool) or not isinstance(amount, int | float) or amount < 0:
        return None
    return float(amount)
