"""A budget: how much may be done beyond what was asked for; pure."""

from __future__ import annotations

SCALE = 1_000_000
"""Parts of one, in which a reserve is counted, for fractions of whole numbers add up without an error."""


class Budget:
    """Permits extra calls: of any stretch of the traffic, at most `ratio` for each of its calls, and `initial` more.

    Args:
        ratio: extra calls that each ordinary one pays for.
        initial: extra calls that are in reserve at first. There never are more, or more than one if that is more, so
            that a calm day does not save up for a storm.
    """

    __slots__ = ("_most", "_ratio", "_reserve")

    def __init__(self, ratio: float, initial: float) -> None:
        self._ratio = round(ratio * SCALE)
        self._reserve = round(initial * SCALE)
        self._most = max(self._reserve, SCALE)

    def deposit(self) -> None:
        """Tell of an ordinary call."""
        self._reserve = min(self._reserve + self._ratio, self._most)

    def withdraw(self) -> bool:
        """Ask for an extra call; whether it is permitted."""
        if self._reserve < SCALE:
            return False
        self._reserve -= SCALE
        return True
