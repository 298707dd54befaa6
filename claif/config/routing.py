"""The tables of routing: aliases, routes, retries, breakers, limits, the cache; loaded only where one is used."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from .cache_schema import CacheSettings, SharedSettings
from .check import make
from .keep_going import BreakerSettings, LimitSettings, RetrySettings
from .route_schema import Route
from .schema import is_name

if TYPE_CHECKING:
    from .check import Problems


@frozen(kw_only=True)
class Routing:
    """All tables of routing.

    Args:
        aliases: short names for members and routes.
        routes: the tables `[routes.NAME]`.
        retry: the table `[retry]`.
        breaker: the table `[breaker]`.
        limits: the tables `[limits.NAME]`, by the provider's name.
        cache: the table `[cache]`.
        shared: the table `[shared]`.
    """

    aliases: Mapping[str, str] = field(factory=dict)
    routes: Mapping[str, Route] = field(factory=dict)
    retry: RetrySettings = field(factory=RetrySettings)
    breaker: BreakerSettings = field(factory=BreakerSettings)
    limits: Mapping[str, LimitSettings] = field(factory=dict)
    cache: CacheSettings = field(factory=CacheSettings)
    shared: SharedSettings = field(factory=SharedSettings)


def read_routing(tables: Mapping[str, Any], problems: Problems) -> Routing:
    """Make the routing of the tables; what is wrong with them is noted.

    Args:
        tables: the tables of `ROUTING`, as far as there are.
        problems: collects what is wrong.
    """
    providers = tables.get("providers", {})
    aliases = {}
    for name, target in _table(tables, "aliases", problems).items():
        if not is_name(name) or not isinstance(target, str):
            problems.add(("aliases", name), 'is no alias: fast = "openai/gpt-5-mini"')
        elif name in providers:
            problems.add(("aliases", name), "is the name of a provider too")
        else:
            aliases[name] = target
    routes = _named(tables, "routes", Route, problems)
    for name in routes.keys() & {*providers, *aliases}:
        problems.add(("routes", name), "is the name of a provider or an alias too")
    return Routing(
        aliases=MappingProxyType(aliases),
        routes=MappingProxyType(routes),
        retry=make(RetrySettings, tables.get("retry", {}), ("retry",), problems) or RetrySettings(),
        breaker=make(BreakerSettings, tables.get("breaker", {}), ("breaker",), problems) or BreakerSettings(),
        limits=MappingProxyType(_named(tables, "limits", LimitSettings, problems)),
        cache=make(CacheSettings, tables.get("cache", {}), ("cache",), problems) or CacheSettings(),
        shared=make(SharedSettings, tables.get("shared", {}), ("shared",), problems) or SharedSettings(),
    )


def _table(tables: Mapping[str, Any], name: str, problems: Problems) -> Mapping[str, Any]:
    table = tables.get(name, {})
    if isinstance(table, Mapping):
        return table
    problems.add((name,), "must be a table")
    return {}


def _named(tables: Mapping[str, Any], section: str, kind: type[Any], problems: Problems) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, table in _table(tables, section, problems).items():
        if not is_name(name):
            problems.add((section, name), "is no name: letters, digits, '_', '.', '-', at most 64 characters")
        elif (made := make(kind, table, (section, name), problems)) is not None:
            found[name] = made
    return found
