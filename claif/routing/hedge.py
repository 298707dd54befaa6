"""Hedging: how many queries may be asked of another member too; pure."""

from __future__ import annotations

from .budget import Budget


class HedgeBudget(Budget):
    """The queries of a route that may be hedged: a share of them.

    Args:
        share: hedges that each query pays for.
        initial: hedges that are in reserve at first.
    """

    __slots__ = ()

    def __init__(self, share: float = 0.05, initial: float = 1) -> None:
        super().__init__(share, initial)
