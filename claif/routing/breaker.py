"""The circuit breaker of one endpoint: whether it may be asked; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from .outcomes import MOST, Outcomes

if TYPE_CHECKING:
    from ..config.keep_going import BreakerSettings

State = Literal["closed", "open", "half-open"]


class Permit:
    """The permission for one call; what became of it is told once, and what is told later does not count."""

    __slots__ = ("era", "probe", "told")

    def __init__(self, era: int, *, probe: bool) -> None:
        self.era = era
        self.probe = probe
        self.told = False


class Breaker:
    """Leaves an endpoint alone that fails, and tries it again with one call at a time.

    What holds at any time:

    1. Closed: every call is permitted. It opens when so many calls in a row failed, or when of the calls in the window
       too large a share failed, or was slow.
    2. Open: no call is permitted until the cool-down is over. How long it lasts is known from the beginning.
    3. Half-open, which an open one is from that moment on: one call is permitted at a time, the probe.
       a. It succeeds: closed, and all is forgotten. A slow probe has failed.
       b. It fails: open, for twice the time before, up to the maximum.
       c. It is given up: the next call is the probe.
    4. A call counts only if the breaker was not opened since it began, so that late results of calls from before that
       neither close it, nor keep it open, nor open it again.

    All moments, `now`, are seconds of one clock that never goes back.
    """

    def __init__(self, settings: BreakerSettings) -> None:
        self._settings = settings
        self._outcomes = Outcomes(settings.window, max(MOST, settings.minimum_calls))
        self._in_a_row = 0
        self._cool_down = settings.cool_down
        self._probe: Permit | None = None
        self._era = 0
        self.reopens_at: float | None = None
        """When it may be tried again; `None` while it is closed."""

    def state(self, now: float) -> State:
        """Whether it is closed, open or half-open."""
        if self.reopens_at is None:
            return "closed"
        return "open" if now < self.reopens_at else "half-open"

    def allow(self, now: float) -> bool:
        """Whether a call would be permitted now."""
        return self.reopens_at is None or (now >= self.reopens_at and self._probe is None)

    def acquire(self, now: float) -> Permit | None:
        """Begin a call; `None` if it is not permitted. Afterwards `success`, `failure` or `release` must be called."""
        if not self.allow(now):
            return None
        permit = Permit(self._era, probe=self.reopens_at is not None)
        if permit.probe:
            self._probe = permit
        return permit

    def success(self, permit: Permit, now: float, seconds: float) -> None:
        """Tell that a call succeeded.

        Args:
            permit: what `acquire` gave for it.
            now: the present moment.
            seconds: how long it took, in whatever way `slow_call` is meant.
        """
        slow = 0 < self._settings.slow_call <= seconds
        if not self._tell(permit):
            return
        if not permit.probe:
            self._in_a_row = 0
            self._count(now, failed=False, slow=slow)
        elif slow:
            self._open_longer(now)
        else:
            self._close()

    def failure(self, permit: Permit, now: float) -> None:
        """Tell that a call failed in a way that speaks against the endpoint, a refused connection among them."""
        if not self._tell(permit):
            return
        if permit.probe:
            self._open_longer(now)
        else:
            self._in_a_row += 1
            self._count(now, failed=True, slow=False)

    def leave_alone(self, until: float) -> None:
        """Open it because others have found that the endpoint fails; what was known before holds if that is longer."""
        self._open(until if self.reopens_at is None else max(self.reopens_at, until))

    def release(self, permit: Permit) -> None:
        """Give up a call that was neither a success nor a failure; does nothing after either."""
        self._tell(permit)

    def _tell(self, permit: Permit) -> bool:
        """Note that a call is over; whether it counts."""
        if permit.told:
            return False
        permit.told = True
        if permit is self._probe:
            self._probe = None
        return permit.era == self._era

    def _count(self, now: float, *, failed: bool, slow: bool) -> None:
        settings, outcomes = self._settings, self._outcomes
        outcomes.add(now, failed=failed, slow=slow)
        most = max(outcomes.failed, outcomes.slow)
        if self._in_a_row >= settings.failures or (
            len(outcomes) >= settings.minimum_calls and most / len(outcomes) >= settings.failure_rate
        ):
            self._open(now + self._cool_down)

    def _open_longer(self, now: float) -> None:
        longest = max(self._settings.cool_down, self._settings.max_cool_down)
        self._cool_down = min(2 * self._cool_down, longest)
        self._open(now + self._cool_down)

    def _open(self, until: float) -> None:
        if self.reopens_at is None:
            self._era += 1
        self.reopens_at = until

    def _close(self) -> None:
        self._cool_down = self._settings.cool_down
        self._in_a_row = 0
        self._outcomes.clear()
        self.reopens_at = None
