"""Outcomes: how many of an endpoint's latest calls failed or were slow; pure."""

from __future__ import annotations

from collections import deque

MOST = 1000
"""Calls that are remembered, however many more there were in the time; a breaker may need more."""


class Outcomes:
    """Counts the calls of the last seconds.

    Args:
        seconds: how far back it remembers; a call that ended exactly so long ago is forgotten.
        most: calls that are remembered at most, the latest ones.
    """

    __slots__ = ("_calls", "_most", "_seconds", "failed", "slow")

    def __init__(self, seconds: float, most: int = MOST) -> None:
        self._seconds = seconds
        self._most = most
        self._calls: deque[tuple[float, bool, bool]] = deque()
        self.failed = 0
        self.slow = 0

    def __len__(self) -> int:
        return len(self._calls)

    def add(self, now: float, *, failed: bool, slow: bool) -> None:
        """Remember a call that ends now, and forget those that ended too long ago."""
        self._calls.append((now, failed, slow))
        self.failed += failed
        self.slow += slow
        while len(self._calls) > self._most or self._calls[0][0] <= now - self._seconds:
            _, was_failed, was_slow = self._calls.popleft()
            self.failed -= was_failed
            self.slow -= was_slow

    def clear(self) -> None:
        """Forget all."""
        self._calls.clear()
        self.failed = self.slow = 0
