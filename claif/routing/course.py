"""The course of one query: who is asked next, when, and when it is given up; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from attrs import define, frozen

from ..errors import (
    ClaifError,
    ClientClosedError,
    ContentFilterError,
    ContextLengthError,
    PluginError,
    RateLimitError,
    TimeoutError,
)

if TYPE_CHECKING:
    from ..config.candidate import Candidate
    from .breaker import Permit
    from .health import Health
    from .retry_policy import RetryPolicy

FINAL = (ClientClosedError, PluginError)
"""Failures that no other member would not have."""


def kind_of(error: ClaifError) -> str:
    """The kind of a failure, by which a route has fallbacks."""
    if isinstance(error, ContextLengthError):
        return "context_length"
    if isinstance(error, ContentFilterError):
        return "content_filter"
    if isinstance(error, RateLimitError):
        return "rate_limit"
    return "timeout" if isinstance(error, TimeoutError) else "error"


class Ask(NamedTuple):
    """Ask this member now.

    Args:
        candidate: the member.
        health: how its endpoint does.
        permit: what its breaker gave; `None` if it is asked although that is open, because there is nobody else.
        again: whether it was asked before.
    """

    candidate: Candidate
    health: Health
    permit: Permit | None
    again: bool


@frozen
class Wait:
    """Nobody can be asked before this time; then this member can."""

    until: float
    candidate: Candidate


@define(eq=False)
class _Entry:
    """What is known of a member in this query."""

    candidate: Candidate
    asks: int = 0
    ready: float = float("-inf")
    invited: bool = False
    out: bool = False


class Course:
    """Decides whom to ask next.

    What holds:

    1. Each member is asked once, in order, before any is asked again.
    2. Who is asked again waits as the retry policy says, and the endpoint's budget must allow it, unless the endpoint
       said itself when to come back. Who let its time pass is not asked again.
    3. Who wants not to be asked (Retry-After), or is left alone by its breaker, is passed over as long as somebody else
       can be asked; the breaker of the only one that is left does not keep it from being asked.
    4. A failure that the same member would have again takes it out; one that every member would have ends the course.

    Args:
        order: the members in the order in which they are asked.
        health: tells how the endpoint of a provider does.
        policy: how often a member is asked again, and after which wait.
        rng: for the jitter.
        most: how often members are asked in all; one each and the retries when `None`.
        fallbacks: further members by the kind of failure after which they are asked.
    """

    def __init__(
        self,
        order: Sequence[Candidate],
        health: Callable[[str], Health],
        policy: RetryPolicy,
        rng: Random,
        *,
        most: int | None = None,
        fallbacks: Mapping[str, Sequence[Candidate]] | None = None,
    ) -> None:
        self._entries = [_Entry(candidate) for candidate in order]
        self._health, self._policy, self._rng = health, policy, rng
        self._most = most
        self._fallbacks = fallbacks or {}
        self._asked = 0
        self._ended = False

    @property
    def asked(self) -> int:
        """How often somebody was asked."""
        return self._asked

    def next(self, now: float) -> Ask | Wait | None:
        """What to do now; `None` is to give up."""
        while not self._ended and self._asked < self._limit():
            if (ask := self.another(now)) is not None:
                return ask
            alive = [entry for entry in self._entries if not entry.out]
            if not alive:
                return None
            alone = not any(self._health(entry.candidate.provider).breaker.allow(now) for entry in alive)
            soonest = min(alive, key=lambda entry: self._ready(entry, now, alone=alone))
            ready = self._ready(soonest, now, alone=alone)
            if ready > now:
                return Wait(ready, soonest.candidate)
            health = self._health(soonest.candidate.provider)
            if soonest.asks and not soonest.invited and not health.budget.withdraw():
                soonest.out = True
                continue
            return self._taken(soonest, health, health.breaker.acquire(now))
        return None

    def first(self, now: float) -> Ask:
        """The first member was asked already, when nothing was known against it."""
        entry = self._entries[0]
        health = self._health(entry.candidate.provider)
        return self._taken(entry, health, health.breaker.acquire(now))

    def another(self, now: float) -> Ask | None:
        """Somebody who was not asked yet and can be now, beside those who are being asked."""
        if self._ended or self._asked >= self._limit():
            return None
        for entry in self._entries:
            if not entry.out and not entry.asks and (ask := self._ask(entry, now)) is not None:
                return ask
        return None

    def failed(self, candidate: Candidate, error: ClaifError, now: float, *, again: bool = True) -> bool:
        """A member did not answer; whether anybody may still be asked.

        Args:
            candidate: the member.
            error: how it failed.
            now: the present moment, in seconds.
            again: whether it may be asked again at all.
        """
        entry = next(entry for entry in self._entries if entry.candidate is candidate)
        kind = kind_of(error)
        fallbacks = [one for one in self._fallbacks.get(kind, ()) if not self._has(one)]
        self._entries[:0] = [_Entry(one) for one in fallbacks]
        if again and error.retryable and kind != "timeout" and self._policy.permits(entry.asks, error.retry_after):
            entry.invited = error.retry_after is not None
            entry.ready = now + self._policy.delay(entry.asks, self._rng, error.retry_after)
        else:
            entry.out = True
        refused = kind == "content_filter" and kind not in self._fallbacks
        self._ended = self._ended or refused or isinstance(error, FINAL)
        left = self._asked < self._limit() and any(not entry.out for entry in self._entries)
        return left and not self._ended

    def undo(self, ask: Ask) -> None:
        """A member is not asked after all."""
        entry = next(entry for entry in self._entries if entry.candidate is ask.candidate)
        entry.asks -= 1
        self._asked -= 1

    def unfit(self, candidate: Candidate) -> None:
        """A member cannot be asked this; it was not asked."""
        entry = next(entry for entry in self._entries if entry.candidate is candidate)
        entry.out = True
        self._asked -= 1

    def _limit(self) -> int:
        return self._most or len(self._entries) + self._policy.settings.max_attempts - 1

    def _has(self, candidate: Candidate) -> bool:
        return any(entry.candidate == candidate for entry in self._entries)

    def _ready(self, entry: _Entry, now: float, *, alone: bool) -> float:
        """When a member can be asked, as far as can be told."""
        health = self._health(entry.candidate.provider)
        ready = max(entry.ready, health.drained, now)
        if alone or health.breaker.allow(now) or health.breaker.reopens_at is None:
            return ready
        return max(ready, health.breaker.reopens_at)

    def _ask(self, entry: _Entry, now: float) -> Ask | None:
        """Ask a member for the first time, if nothing speaks against it."""
        health = self._health(entry.candidate.provider)
        if health.drained > now or (permit := health.breaker.acquire(now)) is None:
            return None
        return self._taken(entry, health, permit)

    def _taken(self, entry: _Entry, health: Health, permit: Permit | None) -> Ask:
        again = entry.asks > 0
        if not again:
            health.budget.deposit()
        entry.asks += 1
        self._asked += 1
        return Ask(entry.candidate, health, permit, again)
