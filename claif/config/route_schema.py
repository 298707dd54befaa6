"""The schema of routes and of their members."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from attrs import field, frozen
from attrs.validators import optional

from .hedge import parse_hedge
from .keep_going import BreakerSettings, LimitSettings, RetrySettings
from .schema import count, is_name, model_name, name_or_none, not_negative, positive, seconds

FALLBACKS = ("context_length", "content_filter", "rate_limit", "timeout", "error")
"""Kinds of failures that can have fallbacks of their own; `error` is every other one."""


@frozen(kw_only=True)
class RouteMember:
    """A member of a route.

    Args:
        provider: its name.
        model: the model that it is asked for; its usual one when not given.
        weight: its share where the strategy is `weighted`.
        cost: what a million tokens cost, in US dollars, where the strategy is `cost`.
    """

    provider: str
    model: str | None = field(default=None, validator=model_name)
    weight: float = field(default=1.0, validator=positive)
    cost: float | None = field(default=None, validator=optional(not_negative))

    @classmethod
    def of(cls, written: object) -> RouteMember:
        """A member as it is written: `"openai"`, `"openai/gpt-5"`, or a table.

        Raises:
            ValueError: it is none of these.
        """
        if isinstance(written, RouteMember):
            return written
        if isinstance(written, str):
            name, _, model = written.partition("/")
            written = {"provider": name, **({"model": model} if model else {})}
        if not isinstance(written, Mapping) or not written.keys() <= {"provider", "model", "weight", "cost"}:
            raise ValueError('a member is written "NAME", "NAME/MODEL" or { provider = "NAME", weight = 2 }')
        provider: Any = written.get("provider")
        if not isinstance(provider, str) or not is_name(provider.replace(":", "-")):
            raise ValueError(f"{str(provider)[:64]!r} is no name of a provider")
        for key, kind in (("model", str), ("weight", (int, float)), ("cost", (int, float))):
            if key in written and (not isinstance(written[key], kind) or isinstance(written[key], bool)):
                raise ValueError(f"the {key} of the member {provider} is of a wrong type")
        return cls(**written)

    def __str__(self) -> str:
        return self.provider if self.model is None else f"{self.provider}/{self.model}"


def members_of(written: Any) -> tuple[RouteMember, ...]:
    """Members as they are written.

    Raises:
        ValueError: one is none.
    """
    return tuple([RouteMember.of(member) for member in written])


def _some(written: Any) -> tuple[RouteMember, ...]:
    if not written:
        raise ValueError("a route needs members")
    return members_of(written)


def _fallbacks(written: Mapping[str, Any]) -> Mapping[str, tuple[RouteMember, ...]]:
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
    """

    members: tuple[Any, ...] = field(converter=_some)
    strategy: str = field(default="priority", validator=name_or_none)
    requires: tuple[str, ...] = ()
    fallbacks: Mapping[str, Any] = field(factory=dict, converter=_fallbacks)
    max_attempts: int | None = field(default=None, validator=count)
    deadline: float | None = field(default=None, validator=optional(seconds))
    attempt_timeout: float | None = field(default=None, validator=optional(seconds))
    hedge_after: float | str | None = field(default=None, validator=_hedge)


def class_of(table: str) -> type | None:
    """The class of `[retry]` and `[breaker]`, and of the tables in `[routes]` and `[limits]`."""
    return {"retry": RetrySettings, "breaker": BreakerSettings, "routes": Route, "limits": LimitSettings}.get(table)
