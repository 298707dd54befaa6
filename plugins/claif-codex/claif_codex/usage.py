"""What a turn consumed: the difference between two totals of its conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claif.api import Usage

_NAMES = ("inputTokens", "outputTokens", "cachedInputTokens", "reasoningOutputTokens")


class Meter:
    """Follows `thread/tokenUsage/updated`, which tells the total of the conversation, earlier turns included."""

    def __init__(self) -> None:
        self._before = dict.fromkeys(_NAMES, 0)
        self._now: dict[str, int] | None = None

    def take(self, params: Mapping[str, Any], turn: str | None) -> None:
        """Take a report; one that is not of this turn says what was consumed before it."""
        usage = params.get("tokenUsage")
        total = usage.get("total") if isinstance(usage, Mapping) else None
        if not isinstance(total, Mapping):
            return
        found = {name: value if isinstance(value := total.get(name), int) else 0 for name in _NAMES}
        if params.get("turnId") == turn:
            self._now = found
        else:
            self._before = found

    def usage(self) -> Usage | None:
        """What this turn consumed; `None` if it was not told."""
        if self._now is None:
            return None
        input_tokens, output, cached, reasoning = (max(0, self._now[name] - self._before[name]) for name in _NAMES)
        return Usage(input_tokens=input_tokens, output_tokens=output, cached_tokens=cached, reasoning_tokens=reasoning)
