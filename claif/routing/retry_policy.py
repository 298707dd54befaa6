"""The retry policy: how often a failed query is asked again, and after which pause; pure."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from attrs import frozen

from .budget import Budget

if TYPE_CHECKING:
    from random import Random

    from ..config.keep_going import RetrySettings

_MOST_DOUBLINGS = 60
"""More would only make a number too large; the cap holds long before."""


@frozen
class RetryPolicy:
    """How one query is repeated. Whether an error is worth it, the caller knows.

    Args:
        settings: how often, and after which pauses.
    """

    settings: RetrySettings

    def permits(self, attempt: int, retry_after: float | None = None) -> bool:
        """Whether to ask again.

        Args:
            attempt: how often it was asked.
            retry_after: the seconds for which the provider asked to be left alone, if it did.
        """
        return attempt < self.settings.max_attempts and (_asked(retry_after) or 0.0) <= self.settings.max_retry_after

    def delay(self, attempt: int, rng: Random, retry_after: float | None = None) -> float:
        """The seconds of the pause before the next attempt.

        Full jitter: any time from 0 to the longest one, so that those who failed together do not come back together.
        What the provider asked for is obeyed exactly.

        Args:
            attempt: how often it was asked, from 1 on.
            rng: where chance comes from.
            retry_after: the seconds for which the provider asked to be left alone, if it did.
        """
        asked = _asked(retry_after)
        if asked is not None:
            return asked
        settings = self.settings
        return rng.uniform(0.0, min(settings.max_delay, settings.base * 2.0 ** min(attempt - 1, _MOST_DOUBLINGS)))


def _asked(retry_after: float | None) -> float | None:
    """What a provider asked for, unless it is nonsense."""
    return retry_after if retry_after is not None and isfinite(retry_after) and retry_after >= 0 else None


class RetryBudget(Budget):
    """The repeats at one endpoint, so that one that is down is asked little more often than there are queries.

    Args:
        ratio: repeats that each first attempt pays for.
        initial: repeats that are in reserve at first.
    """

    __slots__ = ()

    def __init__(self, ratio: float = 0.1, initial: float = 10) -> None:
        super().__init__(ratio, initial)
