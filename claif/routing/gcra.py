"""GCRA, the generic cell rate algorithm: lets so much through in a time, evenly, with small bursts; pure."""

from __future__ import annotations

from math import inf

MOMENT = 1e-9
"""Seconds that are no time: a wait shorter than this is none, or rounding would have one wait for nothing."""

MOST = 64
"""Moments that are remembered one by one; of many more, less than is right may be given back."""


class Grant:
    """What was let through at once, and how many had been by then."""

    __slots__ = ("cost", "number")

    def __init__(self, cost: float, number: int) -> None:
        self.cost = cost
        self.number = number


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

    __slots__ = ("_burst", "_number", "_paid_at", "_seconds_each", "_slack")

    def __init__(self, rate_per_second: float, burst: float) -> None:
        self._seconds_each = 1 / rate_per_second
        self._burst = burst
        self._paid_at = -inf
        self._number = 0
        self._slack: list[list[float]] = []
        """Numbers of what came, and how long after it what came before was still being paid for, in seconds: by so
        much what came before could have been cheaper without any gain for it. Larger ones before smaller ones, which
        matter to nobody, are left out."""

    def wait(self, now: float, cost: float) -> float:
        """The seconds until a cost is let through, if nothing else is before; 0 if it is now."""
        begins = self._paid_at
        if cost < self._burst:
            begins -= (self._burst - cost) * self._seconds_each
        left = begins - now
        return left if left > MOMENT else 0.0

    def take(self, now: float, cost: float) -> Grant | None:
        """Let a cost through; `None` if it must wait."""
        return None if self.wait(now, cost) else self.add(now, cost)

    def settle(self, now: float, difference: float, grant: Grant) -> None:
        """Correct what a grant cost, once it is known.

        What was estimated too low must be paid for from now on. What was estimated too high is given back as far as
        it is not paid for yet, and never so that what came later would have been let through too early: while
        estimates that are too high by more than a burst are outstanding, it is less than all.

        Args:
            now: the present moment.
            difference: what it cost, less what was estimated.
            grant: what `take` gave for the estimate.
        """
        if difference > 0:
            self.add(now, difference)
        elif difference < 0:
            later = [slack for slack in self._slack if slack[0] > grant.number]
            given_back = min(-difference, grant.cost) * self._seconds_each
            for _, seconds in later:
                given_back = min(given_back, seconds)
            for slack in later:
                slack[1] -= given_back
            self._paid_at -= given_back

    def add(self, now: float, cost: float) -> Grant:
        """Let a cost through, though it may be too early: for whoever has asked `wait`, or must pay in any case."""
        self._number += 1
        owed = self._paid_at - now
        if owed <= 0.0:
            owed, self._paid_at = 0.0, now
        self._note_slack(owed)
        self._paid_at += cost * self._seconds_each
        return Grant(cost, self._number)

    def _note_slack(self, seconds: float) -> None:
        while self._slack and self._slack[-1][1] >= seconds:
            self._slack.pop()
        self._slack.append([self._number, seconds])
        if len(self._slack) > MOST:
            slack = self._slack
            alike = min(range(1, len(slack)), key=lambda index: slack[index][1] - slack[index - 1][1])
            slack[alike][1] = min(slack[alike][1], slack[alike - 1][1])
            del slack[alike - 1]
