"""The schema of what keeps queries going: retries, circuit breakers and limits."""

from __future__ import annotations

from math import isfinite
from typing import Any

from attrs import Attribute, field, frozen

from .schema import count, not_negative, seconds


def share(_instance: Any, _attribute: Attribute[Any], value: float) -> None:
    """Validates a share: a number greater than 0 and at most 1."""
    if not (isfinite(value) and 0 < value <= 1):
        raise ValueError("must be a number greater than 0 and at most 1")


@frozen(kw_only=True)
class RetrySettings:
    """The table `[retry]`: when a query that failed is asked again.

    Args:
        max_attempts: how often a query is asked at most, the first time included; 1 asks nothing again.
        base: seconds that the first pause lasts at most; each further one may last twice as long. How long it lasts is
            drawn at random from 0 on.
        max_delay: seconds that no such pause exceeds.
        max_retry_after: seconds that a provider may ask to be left alone; one that asks for more is not asked again.
        budget: repeats for each first attempt at an endpoint, on the average, so that one that is down is not flooded.
    """

    max_attempts: int = field(default=3, validator=count)
    base: float = field(default=0.5, validator=seconds)
    max_delay: float = field(default=8.0, validator=seconds)
    max_retry_after: float = field(default=60.0, validator=not_negative)
    budget: float = field(default=0.1, validator=not_negative)


@frozen(kw_only=True)
class BreakerSettings:
    """The table `[breaker]`: when an endpoint that fails is left alone, and for how long.

    Args:
        failures: failures in a row after which it is left alone.
        failure_rate: share of the calls in the window; it is left alone when so many of them failed, or were slow.
        window: seconds that the window reaches back.
        minimum_calls: calls that must be in the window before a share of them means anything.
        slow_call: seconds from which a call is slow; 0 means that none is.
        cool_down: seconds for which it is left alone the first time; then one query tries it.
        max_cool_down: seconds that this time, doubled whenever that query fails, does not exceed.
        probes: whether one that is left alone is also tried without a query, by asking for its models.
    """

    failures: int = field(default=5, validator=count)
    failure_rate: float = field(default=0.5, validator=share)
    window: float = field(default=60.0, validator=seconds)
    minimum_calls: int = field(default=10, validator=count)
    slow_call: float = field(default=0.0, validator=not_negative)
    cool_down: float = field(default=5.0, validator=seconds)
    max_cool_down: float = field(default=60.0, validator=seconds)
    probes: bool = False


@frozen(kw_only=True)
class LimitSettings:
    """A table `[limits.NAME]`: how much is asked of a provider. What is not given is not limited.

    Args:
        requests_per_minute: queries that may begin in a minute, evenly spread; a burst is a twentieth of them at most.
        tokens_per_minute: tokens, of questions and answers together, in a minute; likewise.
        concurrency: queries that may be under way at once.
        max_wait: seconds for which a query waits its turn at most.
    """

    requests_per_minute: int | None = field(default=None, validator=count)
    tokens_per_minute: int | None = field(default=None, validator=count)
    concurrency: int | None = field(default=None, validator=count)
    max_wait: float = field(default=60.0, validator=not_negative)
