"""Sharing: asks the server through which clients share state, and does without it where it is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .resting import Resting
from .shared_state import Claim, Settlement, Verdict

if TYPE_CHECKING:
    from .shared_state import SharedHold, SharedState


class Sharing:
    """What is shared with other clients.

    Args:
        state: the server.
        timeout: seconds that a query waits for it at most.
    """

    def __init__(self, state: SharedState, timeout: float) -> None:
        self.state = state
        self._calls = Resting(f"the shared state in {state.name}", timeout)

    async def take(self, claim: Claim) -> Verdict | None:
        """Let a call in if all permit; `None` if nobody can be asked now."""
        return await self._calls.call(lambda: self.state.take(claim), None)

    def held(self, endpoint: str, hold: SharedHold, verdict: Verdict) -> None:
        """Note that what a call may cost is held; the others are told what it cost when `hold` is."""
        claim = Claim(endpoint, budgets=hold.budgets)
        hold.settle = lambda cost: self.settle(Settlement(claim, Verdict(closed_for=verdict.closed_for), spent=cost))

    def settle(self, settlement: Settlement) -> None:
        """Tell the others soon what a call took."""
        self.state.settle(settlement)

    def close_endpoint(self, endpoint: str, seconds: float) -> None:
        """Tell the others soon to leave an endpoint alone; 0 ends it."""
        self.state.close_endpoint(endpoint, seconds)
