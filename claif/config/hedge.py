"""When a second provider is asked because the first takes long, as it is written."""

from __future__ import annotations

import re
from math import isfinite
from typing import Protocol

from attrs import frozen

_PERCENTILE = re.compile(r"p([1-9][0-9]?(?:\.[0-9]{1,2})?)", re.ASCII)


class Latencies(Protocol):
    """Knows how long the answers of an endpoint take to begin."""

    def percentile(self, share: float) -> float | None:
        """The seconds within which a share of them began; `None` if that is not known."""


@frozen(kw_only=True)
class Hedge:
    """After which time a second provider is asked: a percentile of the first one's own latency, or a fixed one.

    Args:
        share: the percentile, as a share: 0.95 is the 95th.
        seconds: the fixed time.
    """

    share: float | None = None
    seconds: float | None = None

    def delay(self, latency: Latencies) -> float | None:
        """The seconds after which to ask a second one; `None`, not at all, while the first is not known well enough."""
        return self.seconds if self.share is None else latency.percentile(self.share)


def parse_hedge(value: str | float) -> Hedge:
    """What `hedge_after` of a route means: `"p95"`, or a number of seconds.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, str):
        if found := _PERCENTILE.fullmatch(value):
            return Hedge(share=float(found[1]) / 100)
    elif not isinstance(value, bool) and isfinite(value) and value > 0:
        return Hedge(seconds=float(value))
    raise ValueError('must be a percentile such as "p95", or a number of seconds greater than 0')
