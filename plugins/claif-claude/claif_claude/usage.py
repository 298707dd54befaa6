"""What a turn consumed: the difference between two totals of a process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from claif.api import Usage


@frozen
class Totals:
    """What a process has consumed since it began; Claude Code counts so, also over `/clear`.

    Read from `modelUsage`, per model: `usage` itself is 0 after a recovered stream and after a stop by budget.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    cost: float = 0.0

    @classmethod
    def of(cls, result: Mapping[str, Any], before: Totals) -> Totals:
        """The totals that a `result` tells; those from before where it tells none."""
        models = result.get("modelUsage")
        if not isinstance(models, Mapping):
            return before
        rows = [row for row in models.values() if isinstance(row, Mapping)]
        cached, written = _sum(rows, "cacheReadInputTokens"), _sum(rows, "cacheCreationInputTokens")
        cost = result.get("total_cost_usd")
        return cls(
            input_tokens=_sum(rows, "inputTokens") + cached + written,
            output_tokens=_sum(rows, "outputTokens"),
            cached_tokens=cached,
            cache_write_tokens=written,
            cost=float(cost) if isinstance(cost, int | float) else before.cost,
        )

    def since(self, before: Totals) -> Usage:
        """What was consumed since `before`; input tokens are all of them, cached ones included."""
        return Usage(
            input_tokens=max(0, self.input_tokens - before.input_tokens),
            output_tokens=max(0, self.output_tokens - before.output_tokens),
            cached_tokens=max(0, self.cached_tokens - before.cached_tokens),
            cache_write_tokens=max(0, self.cache_write_tokens - before.cache_write_tokens),
            cost=max(0.0, round(self.cost - before.cost, 9)),
        )


def _sum(rows: list[Mapping[str, Any]], name: str) -> int:
    return sum([row[name] for row in rows if isinstance(row.get(name), int)])
