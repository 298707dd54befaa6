"""Hedging: after which time another member is asked too, and how often that may happen; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .budget import Budget

if TYPE_CHECKING:
    from ..config.hedge import Hedge
    from .latency import Latency


def hedge_delay(hedge: Hedge, latency: Latency) -> float | None:
    """The seconds after which to ask another member; `None`, not at all, while the first is not known well enough."""
    return hedge.seconds if hedge.share is None else latency.percentile(hedge.share)


class HedgeBudget(Budget):
    """The queries of a route that may be hedged: a share of them.

    Args:
        share: hedges that each query pays for.
        initial: hedges that are in reserve at first.
    """

    __slots__ = ()

    def __init__(self, share: float = 0.05, initial: float = 1) -> None:
        super().__init__(share, initial)
