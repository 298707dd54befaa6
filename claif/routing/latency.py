"""The latency of one endpoint: how long its answers take to begin; pure."""

from __future__ import annotations

from collections import deque
from math import ceil

MOST = 128
"""Latencies that are remembered, the latest ones."""
ENOUGH = 20
"""Latencies without which a percentile means nothing."""
SMOOTHING = 0.2
"""How much of the average is the latest latency."""
_ROUNDING = 1e-9


class Latency:
    """Remembers the latest latencies of an endpoint, and an average in which older ones count ever less (EWMA)."""

    __slots__ = ("_latest", "average")

    def __init__(self) -> None:
        self._latest: deque[float] = deque(maxlen=MOST)
        self.average: float | None = None
        """Seconds; `None` before the first latency."""

    def add(self, seconds: float) -> None:
        """Remember that an answer took so long to begin."""
        self._latest.append(seconds)
        self.average = seconds if self.average is None else self.average + SMOOTHING * (seconds - self.average)

    def percentile(self, share: float) -> float | None:
        """The seconds within which a share of the latest answers began.

        Args:
            share: greater than 0 and at most 1; 0.95 is the 95th percentile.

        Returns:
            The smallest latency that is enough for the share; `None` while too few are known.
        """
        if len(self._latest) < ENOUGH:
            return None
        return sorted(self._latest)[ceil(share * len(self._latest) - _ROUNDING) - 1]
