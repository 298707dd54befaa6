"""Health: how the endpoints of a client do, kept over all its queries; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ClaifError, ProtocolError, RateLimitError
from .breaker import Breaker
from .latency import Latency
from .retry_policy import RetryBudget, RetryPolicy

if TYPE_CHECKING:
    from ..config.keep_going import BreakerSettings, RetrySettings
    from .breaker import Permit


class Health:
    """How one endpoint does.

    Args:
        breaker: when it is left alone because it fails.
        budget: how often it may be asked again after a failure.

    Attributes:
        latency: seconds until its answers began.
        drained: the time until which it wants not to be asked, as its last Retry-After said.
        in_flight: queries that it answers now.
    """

    __slots__ = ("_woken", "breaker", "budget", "drained", "in_flight", "latency")

    def __init__(self, breaker: Breaker, budget: RetryBudget) -> None:
        self.breaker = breaker
        self.budget = budget
        self.latency = Latency()
        self.drained = float("-inf")
        self.in_flight = 0
        self._woken = float("-inf")

    def well(self, now: float) -> bool:
        """Whether nothing speaks against asking it."""
        return self.drained <= now and self.breaker.allow(now)

    def succeeded(self, permit: Permit | None, now: float, seconds: float) -> None:
        """A call was answered, which took so many seconds."""
        if permit is not None:
            self.breaker.success(permit, now, seconds)

    def failed(self, permit: Permit | None, now: float, error: ClaifError) -> None:
        """A call failed."""
        if permit is None:
            return
        if is_sick(error):
            self.breaker.failure(permit, now)
        else:
            self.breaker.release(permit)

    def released(self, permit: Permit | None) -> None:
        """A call was neither answered nor failed, or told already how it ended."""
        if permit is not None:
            self.breaker.release(permit)

    def wakes_first(self) -> bool:
        """Whether whoever asks is the first to wait for the end of this time; the others shall not come all at once."""
        first = self._woken != self.drained
        self._woken = self.drained
        return first

    def drain(self, until: float) -> None:
        """It wants not to be asked until then; what it wanted before still holds if that is later."""
        self.drained = max(self.drained, until)


class HealthBook:
    """The health of all endpoints, by the provider's name.

    Args:
        breaker: when an endpoint is left alone.
        retry: how often it is asked again.

    Attributes:
        policy: what `retry` says of one query.
    """

    def __init__(self, breaker: BreakerSettings, retry: RetrySettings) -> None:
        self._breaker, self._retry = breaker, retry
        self.policy = RetryPolicy(retry)
        self._known: dict[str, Health] = {}

    def of(self, name: str) -> Health:
        """The health of an endpoint."""
        health = self._known.get(name)
        if health is None:
            health = self._known[name] = Health(Breaker(self._breaker), RetryBudget(self._retry.budget))
        return health

    def known(self) -> dict[str, Health]:
        """All that were asked, by name."""
        return dict(self._known)


def is_sick(error: ClaifError) -> bool:
    """Whether a failure is one of the endpoint, which its breaker counts, and not of the query or of its account."""
    if isinstance(error, RateLimitError) or not error.retryable:
        return isinstance(error, ProtocolError)
    return True
