"""The tables of what queries cost: prices, the ledger and budgets; loaded only where one is used."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from .check import make
from .cost_schema import SCOPES, BudgetLimits, BudgetSettings, LedgerSettings, PriceSettings

if TYPE_CHECKING:
    from .check import Problems

MAX_NAME = 200
"""Characters of the name of a model, a route or a tag."""


@frozen(kw_only=True)
class Costs:
    """All tables of what queries cost.

    Args:
        prices: the tables `[prices.NAME]`, by what they are named.
        ledger: the table `[ledger]`.
        budget: the table `[budget]`, in which `routes`, `providers` and `tags` map names to `BudgetLimits`.
    """

    prices: Mapping[str, PriceSettings] = field(factory=dict)
    ledger: LedgerSettings = field(factory=LedgerSettings)
    budget: BudgetSettings = field(factory=BudgetSettings)


def read_costs(tables: Mapping[str, Any], problems: Problems) -> Costs:
    """Make the costs of the tables; what is wrong with them is noted.

    Args:
        tables: the tables `prices`, `ledger` and `budget`, as far as there are.
        problems: collects what is wrong.
    """
    return Costs(
        prices=_named(tables.get("prices", {}), ("prices",), PriceSettings, problems),
        ledger=make(LedgerSettings, tables.get("ledger", {}), ("ledger",), problems) or LedgerSettings(),
        budget=_budget(tables.get("budget", {}), problems),
    )


def _budget(table: Any, problems: Problems) -> BudgetSettings:
    if not isinstance(table, Mapping):
        problems.add(("budget",), "must be a table")
        return BudgetSettings()
    own = {key: value for key, value in table.items() if key not in SCOPES}
    budget = make(BudgetSettings, own, ("budget",), problems) or BudgetSettings()
    routes, providers, tags = (_named(table.get(name, {}), ("budget", name), BudgetLimits, problems) for name in SCOPES)
    return evolve(budget, routes=routes, providers=providers, tags=tags)


def _named(table: Any, path: tuple[str, ...], kind: type[Any], problems: Problems) -> Mapping[str, Any]:
    if not isinstance(table, Mapping):
        problems.add(path, "must be a table")
        return {}
    found: dict[str, Any] = {}
    for name, settings in table.items():
        if not name or len(name) > MAX_NAME or not name.isprintable():
            problems.add((*path, name), f"is no name: at most {MAX_NAME} characters, all printable")
        elif (made := make(kind, settings, (*path, name), problems)) is not None:
            found[name] = made
    return MappingProxyType(found)
