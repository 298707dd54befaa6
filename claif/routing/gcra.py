"""GCRA, the generic cell rate algorithm: lets so much through in a time, evenly, with small bursts; pure."""

from __future__ import annotations

from math import inf

MOMENT = 1e-9
"""Seconds that are no time: a wait shorter than this is none, or rounding would have one wait for nothing."""


class Grant:
    """What was let through at once, and how much there had been when it was, itself included."""

    __slots__ = ("cost", "total")

    def __init__(self, cost: float, total: float) -> None:
        self.cost = cost
        self.total = total


class Gcra:
    """Lets a rate through.

    What holds: in any window of time, costs let through ≤ rate * window + burst, or, if the last of them alone is
    larger than the burst, rate * window + that one. Such a one is let through when nothing else has to be paid for
    any more, and all that come after it wait until it is paid for. Costs that `settle` adds to a grant come on top,
    as of the moment when they became known.

    It remembers until when what was let through is being paid for at the rate. A cost that is not larger than the
    burst may come up to `burst - cost` before that.

    Args:
        rate_per_second: how much is let through in a second, in the long run.
        burst: how much is let through at once, if nothing was for a while.
    """

    __slots__ = ("_burst", "_latest", "_paid_at", "_seconds_each", "_total")

    def __init__(self, rate_per_second: float, burst: float) -> None:
        self._seconds_each = 1 / rate_per_second
        self._burst = burst
        self._paid_at = -inf
        self._latest = -inf
        """When something was let through or added for the last time."""
        self._total = 0.0
        """Everything that ever was."""

    def wait(self, now: float, cost: float) -> float:
        """The seconds until a cost is let through, if nothing else is before; 0 if it is now."""
        early = max(self._burst - cost, 0.0) * self._seconds_each
        left = self._paid_at - early - now
        return left if left > MOMENT else 0.0

    def take(self, now: float, cost: float) -> Grant | None:
        """Let a cost through; `None` if it must wait."""
        return None if self.wait(now, cost) else self._add(now, cost)

    def settle(self, now: float, difference: float, grant: Grant) -> None:
        """Correct what a grant cost, once it is known.

        What was estimated too low must be paid for from now on. What was estimated too high is given back as far as
        it is not paid for yet, and never so that what came later would have been let through too early.

        Args:
            now: the present moment.
            difference: what it cost, less what was estimated.
            grant: what `take` gave for the estimate.
        """
        if difference > 0:
            self._add(now, difference)
        elif difference < 0:
            # Had it cost less from the beginning, what came later would have to be paid for until this at most.
            later = self._total - grant.total
            least = self._latest + later * self._seconds_each if later else -inf
            given_back = self._paid_at + max(difference, -grant.cost) * self._seconds_each
            self._paid_at = min(self._paid_at, max(given_back, least))

    def _add(self, now: float, cost: float) -> Grant:
        self._paid_at = max(self._paid_at, now) + cost * self._seconds_each
        self._total += cost
        self._latest = now
        return Grant(cost, self._total)
