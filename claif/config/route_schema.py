"""The schema of routes and of their members."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from attrs import field, frozen
from attrs.validators import optional

from ..models.query import CACHE_MODES
from .cache_schema import CacheSettings, SharedSettings
from .candidate import Candidate
from .hedge import parse_hedge
from .keep_going import BreakerSettings, LimitSettings, RetrySettings
from .schema import count, name_or_none, one_of, seconds

FALLBACKS = ("context_length", "content_filter", "rate_limit", "timeout", "error")
"""Kinds of failures that can have fallbacks of their own; `error` is every other one."""


def members_of(written: Any) -> tuple[Candidate, ...]:
    """Members as they are written.

    Raises:
        ValueError: one is none.
    """
    return tuple([Candidate.of(member) for member in written])


def _some(written: Any) -> tuple[Candidate, ...]:
    if not written:
        raise ValueError("a route needs members")
    return members_of(written)


def _fallbacks(written: Mapping[str, Any]) -> Mapping[str, tuple[Candidate, ...]]:
    unknown = written.keys() - set(FALLBACKS)
    if unknown:
        raise ValueError(f"there are fallbacks for {', '.join(FALLBACKS)}, not for {', '.join(sorted(unknown))}")
    return MappingProxyType({kind: members_of(members) for kind, members in written.items()})


def _hedge(_instance: Any, _attribute: Any, value: Any) -> None:
    if value is not None:
        parse_hedge(value)


@frozen(kw_only=True)
class Route:
    """A table `[routes.NAME]`: members that answer for each other under one name.

    Args:
        members: who may be asked: `"NAME"`, `"NAME/MODEL"`, or `{ provider = "NAME", model = "MODEL", weight = 2 }`.
        strategy: whom to ask first: `priority` (in the order given), `weighted`, `round-robin`, `least-busy`,
            `latency`, `cost`, `random`, or one that a plugin brings.
        requires: capabilities that a member must have to be asked; what a query itself needs is always required.
        fallbacks: whom else to ask after a failure of a kind (`context_length`, `content_filter`, `rate_limit`,
            `timeout`, `error`), before the other members.
        max_attempts: how often members are asked for a query in all; each member once and as many retries as
            `[retry]` allows when not given.
        deadline: seconds for a query over all attempts.
        attempt_timeout: seconds in which a member must begin its answer, or give one that comes in one piece, before
            the next is asked. Only the provider's own limits hold when not given.
        hedge_after: seconds without an answer, or a percentile such as `"p95"` of what the member usually takes, after
            which another member is asked too; the first answer wins. Never when not given.
        cache: whether its answers are kept and used again, as `[cache] mode`; as that says when not given.
    """

    members: tuple[Any, ...] = field(converter=_some)
    strategy: str = field(default="priority", validator=name_or_none)
    requires: tuple[str, ...] = ()
    fallbacks: Mapping[str, Any] = field(factory=dict, converter=_fallbacks)
    max_attempts: int | None = field(default=None, validator=count)
    deadline: float | None = field(default=None, validator=optional(seconds))
    attempt_timeout: float | None = field(default=None, validator=optional(seconds))
    hedge_after: float | str | None = field(default=None, validator=_hedge)
    cache: str | None = field(default=None, validator=one_of(*CACHE_MODES))


_CLASSES: Mapping[str, type] = {
    "retry": RetrySettings,
    "breaker": BreakerSettings,
    "routes": Route,
    "limits": LimitSettings,
    "cache": CacheSettings,
    "shared": SharedSettings,
}


def class_of(table: str) -> type | None:
    """The class of tables such as `[retry]`, and of the tables in `[routes]` and `[limits]`."""
    return _CLASSES.get(table)
