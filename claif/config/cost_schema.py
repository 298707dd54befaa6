"""The schema of what queries cost: prices, the ledger and budgets."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from attrs import field, frozen
from attrs.validators import optional

from .duration import duration, seconds_of
from .keep_going import share
from .schema import count, not_negative, one_of, positive

UNKNOWN_COSTS = ("allow", "refuse")
SCOPES = ("routes", "providers", "tags")
"""The tables in `[budget]`, each with a table for every name."""
_NO_LIMITS: Mapping[str, Any] = MappingProxyType({})


@frozen(kw_only=True)
class PriceSettings:
    """A table `[prices."PROVIDER/MODEL"]` or `[prices."MODEL"]`: what a model costs, in US dollars a million tokens.

    It comes before what the package `genai-prices` says. The provider is its name, its type or its preset.

    Args:
        input: for what is asked; what it costs is unknown when not given.
        output: for what is answered; likewise.
        cached: for the part of the input that the provider had in its cache; as the rest of it when not given.
        reasoning: for the part of the output that is thinking; as the rest of it when not given.
        cache_write: for the part of the input that the provider put into its cache; as the rest of it when not given.
        cache_write_1h: for the part of that which it keeps for an hour; as the rest of it when not given.
        max_output: the most tokens that the model answers with, for queries that set no `max_tokens`.
    """

    input: float | None = field(default=None, validator=optional(not_negative))
    output: float | None = field(default=None, validator=optional(not_negative))
    cached: float | None = field(default=None, validator=optional(not_negative))
    reasoning: float | None = field(default=None, validator=optional(not_negative))
    cache_write: float | None = field(default=None, validator=optional(not_negative))
    cache_write_1h: float | None = field(default=None, validator=optional(not_negative))
    max_output: int | None = field(default=None, validator=count)


@frozen(kw_only=True)
class LedgerSettings:
    """The table `[ledger]`: whether each call is written down in `ledger.db`, in Claif's folder.

    Args:
        enabled: whether it is; by default yes, but for a client that was configured in code.
        keep: how long: `90d`, `400d`, `52w`.
    """

    enabled: bool | None = None
    keep: str = field(default="400d", validator=duration)

    @property
    def seconds(self) -> float:
        """How long a call is kept, in seconds."""
        return seconds_of(self.keep)


@frozen(kw_only=True)
class BudgetLimits:
    """A table `[budget.routes.NAME]`, `[budget.providers.NAME]` or `[budget.tags.NAME]`, in US dollars.

    Args:
        query: the most that one query may cost.
        day: the most that the queries of a day may cost; days and months are those of UTC, as on the bills.
        month: the most that those of a month may cost.
    """

    query: float | None = field(default=None, validator=optional(positive))
    day: float | None = field(default=None, validator=optional(positive))
    month: float | None = field(default=None, validator=optional(positive))


@frozen(kw_only=True)
class BudgetSettings(BudgetLimits):
    """The table `[budget]`: what may be spent, in US dollars. A call that could go beyond it is refused.

    Args:
        query: the most that one query may cost.
        day: the most that the queries of a day may cost; days and months are those of UTC, as on the bills.
        month: the most that those of a month may cost.
        warn: the share of a budget from which on you are told, once a day or month.
        unknown_cost: whether calls whose cost nobody knows before are allowed (`allow`), and count as far as it is
            known afterwards, or refused (`refuse`).
        routes: tables with limits for what is asked of a route.
        providers: tables with limits for what is asked of a provider.
        tags: tables with limits for what is asked with a tag.
    """

    warn: float = field(default=0.8, validator=share)
    unknown_cost: str = field(default="allow", validator=one_of(*UNKNOWN_COSTS))
    routes: Mapping[str, Any] = field(default=_NO_LIMITS)
    providers: Mapping[str, Any] = field(default=_NO_LIMITS)
    tags: Mapping[str, Any] = field(default=_NO_LIMITS)


def class_of(keys: tuple[str, ...]) -> tuple[type, tuple[str, ...]]:
    """The class that declares what is at a path in `[prices]`, `[ledger]` or `[budget]`, and the keys that lead on."""
    table, *rest = keys
    if table == "prices":
        return PriceSettings, tuple(rest[1:])
    if table == "ledger":
        return LedgerSettings, tuple(rest)
    if rest and rest[0] in SCOPES:
        return BudgetLimits, tuple(rest[2:])
    return BudgetSettings, tuple(rest)
