"""Claims and settlements as keys and arguments of the scripts, and what the scripts answer; pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf
from typing import TYPE_CHECKING, Any

from attrs import frozen

from claif.api import Claim, Settlement, Verdict

from . import scripts

if TYPE_CHECKING:
    from .link import Argument
    from .scripts import Script

MICRO = 1_000_000
MOST_MONEY = 9e15
"""Micro-dollars up to which a double, in which Lua counts, is exact."""
MOST_TIME = 9e15
"""Milliseconds; likewise."""


@frozen
class Call:
    """A run of a script.

    Args:
        script: which.
        keys: of what it looks at.
        arguments: its arguments.
        again: what may be run again if nobody knows whether this was: it must do no harm the second time.
    """

    script: Script
    keys: tuple[str, ...]
    arguments: tuple[Argument, ...]
    again: Call | None = None

    def due(self, _now: float) -> Call | None:
        """What is to be run now."""
        return self


@frozen
class Closing:
    """That an endpoint is left alone.

    Args:
        key: where it is kept.
        until: when it ends, by the clock of trio; minus infinity if it has ended.
        again: the same, which may be told twice.
    """

    key: str
    until: float
    again: Closing | None = None

    def due(self, now: float) -> Call | None:
        """What is to be run now; nothing if that time has passed before anybody could be told."""
        if -inf < self.until <= now:
            return None
        return Call(scripts.close, (self.key,), (0 if self.until == -inf else milliseconds(self.until - now),))


def taking(claim: Claim, prefix: str) -> Call:
    """What takes a claim."""
    keys = [f"{prefix}rate:{rate.key}" for rate in claim.rates]
    arguments: list[Argument] = [len(claim.rates), 0 if claim.place is None else 1, len(claim.budgets)]
    for rate in claim.rates:
        arguments += [repr(float(rate.per_second)), repr(float(rate.burst)), repr(float(rate.cost))]
    if (place := claim.place) is not None:
        keys.append(f"{prefix}place:{place.key}")
        arguments += [place.most, place.holder, milliseconds(place.lease)]
    for budget in claim.budgets:
        keys.append(f"{prefix}budget:{budget.key}")
        arguments += [micro_dollars(budget.limit), micro_dollars(budget.cost), milliseconds(budget.lasts)]
    return Call(scripts.take, (*keys, closed_key(claim.endpoint, prefix)), tuple(arguments))


def verdict_of(claim: Claim, answer: Sequence[Any]) -> Verdict:
    """What became of it."""
    wait, refused, closed, numbers = answer
    if refused:
        return Verdict(refused=claim.budgets[refused - 1].key, closed_for=closed / 1000)
    return Verdict(float(wait), None, closed / 1000, tuple(numbers))


def let_in(verdict: Verdict) -> bool:
    """Whether something was taken."""
    return not verdict.wait and verdict.refused is None


def settling(settlement: Settlement, prefix: str) -> Call | None:
    """What settles it; `None` if there is nothing to settle."""
    claim, verdict = settlement.claim, settlement.verdict
    if not let_in(verdict):
        return None
    keys: list[str] = []
    arguments: list[Argument] = []
    for rate, used, number in zip(claim.rates, settlement.used, verdict.grants, strict=False):
        if used is not None and used != rate.cost:
            keys.append(f"{prefix}rate:{rate.key}")
            arguments += [repr(float(rate.per_second)), repr(float(used - rate.cost)), number, repr(float(rate.cost))]
    rates = len(keys)
    leaving = leaving_place(claim, prefix)
    if claim.place is not None:
        keys.append(f"{prefix}place:{claim.place.key}")
        arguments.append(claim.place.holder)
    budgets = 0
    for budget in claim.budgets if settlement.spent is not None else ():
        if more := micro_dollars(settlement.spent or 0) - micro_dollars(budget.cost):
            keys.append(f"{prefix}budget:{budget.key}")
            arguments.append(more)
            budgets += 1
    if not keys:
        return None
    counts = (rates, len(keys) - rates - budgets, budgets)
    return Call(scripts.settle, tuple(keys), (*counts, *arguments), again=leaving)


def leaving_place(claim: Claim, prefix: str) -> Call | None:
    """What gives only the place back, which may be done twice."""
    if claim.place is None:
        return None
    return Call(scripts.settle, (f"{prefix}place:{claim.place.key}",), (0, 1, 0, claim.place.holder))


def closing(endpoint: str, seconds: float, now: float, prefix: str) -> Closing:
    """What tells the others to leave an endpoint alone for so long, or that they need not any more."""
    key, until = closed_key(endpoint, prefix), now + seconds if seconds > 0 else -inf
    return Closing(key, until, Closing(key, until))


def closed_key(endpoint: str, prefix: str) -> str:
    """Where it is kept that an endpoint is left alone."""
    return f"{prefix}closed:{endpoint}"


def micro_dollars(dollars: float) -> int:
    """Rounded up, but for what is only the noise of a double."""
    return ceil(round(min(dollars * MICRO, MOST_MONEY), 3))


def milliseconds(seconds: float) -> int:
    """Rounded up; at least one, as a key of a Redis cannot last for less."""
    return ceil(min(max(seconds * 1000, 1), MOST_TIME))
