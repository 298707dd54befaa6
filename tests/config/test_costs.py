"""The tables of what queries cost: prices, the ledger and budgets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from claif.api import InvalidConfigError
from claif.config import ConfigLoader
from claif.config.cost_schema import BudgetLimits, BudgetSettings, LedgerSettings, PriceSettings
from claif.config.edit import value_from_text
from claif.config.types import declared_type


def config(**tables: Any) -> Any:
    return ConfigLoader.from_mapping(tables).build()


def problems(**tables: Any) -> tuple[str, ...]:
    with pytest.raises(InvalidConfigError) as caught:
        config(**tables)
    return tuple(problem.partition(" [")[0] for problem in caught.value.problems)


def test_without_tables_there_are_no_budgets_and_no_prices() -> None:
    costs = config().costs
    assert (costs.budget, dict(costs.prices), costs.ledger) == (BudgetSettings(), {}, LedgerSettings())
    assert (costs.budget.warn, costs.budget.unknown_cost, costs.ledger.seconds) == (0.8, "allow", 400 * 86_400.0)


def test_budgets_have_tables_for_routes_providers_and_tags() -> None:
    budget = config(
        budget={
            "query": 0.5,
            "day": 5,
            "month": 100.0,
            "warn": 0.5,
            "unknown_cost": "refuse",
            "routes": {"safe": {"day": 1}},
            "providers": {"openai": {"month": 2}},
            "tags": {"my work": {"query": 3}},
        }
    ).costs.budget
    assert (budget.query, budget.day, budget.month, budget.warn, budget.unknown_cost) == (
        0.5,
        5.0,
        100.0,
        0.5,
        "refuse",
    )
    assert budget.routes == {"safe": BudgetLimits(day=1.0)}
    assert budget.providers == {"openai": BudgetLimits(month=2.0)}
    assert budget.tags == {"my work": BudgetLimits(query=3.0)}


def test_prices_are_named_by_provider_and_model() -> None:
    prices = config(prices={"openai/gpt-5-mini": {"input": 0.25, "output": 2, "cached": 0.025}}).costs.prices
    assert prices == {"openai/gpt-5-mini": PriceSettings(input=0.25, output=2.0, cached=0.025)}


@pytest.mark.parametrize(
    ("tables", "problem"),
    [
        ({"budget": 5}, "budget: must be a table"),
        ({"budget": {"day": 0}}, "budget.day: must be a number greater than 0"),
        ({"budget": {"day": float("nan")}}, "budget.day: must be a finite number"),
        ({"budget": {"warn": 1.5}}, "budget.warn: must be a number greater than 0 and at most 1"),
        ({"budget": {"unknown_cost": "x"}}, "budget.unknown_cost: must be one of allow, refuse"),
        ({"budget": {"dya": 1}}, 'budget.dya: there is no such setting; did you mean "day"?'),
        ({"budget": {"tags": 1}}, "budget.tags: must be a table"),
        ({"budget": {"tags": {"t": 1}}}, "budget.tags.t: must be a table"),
        ({"budget": {"routes": {"r": {"day": -1}}}}, "budget.routes.r.day: must be a number greater than 0"),
        (
            {"budget": {"tags": {"x" * 201: {}}}},
            f"budget.tags.{'x' * 201}: is no name: at most 200 characters, all printable",
        ),
        ({"prices": {"m": {"input": -1}}}, "prices.m.input: must be a number from 0 on"),
        ({"prices": {"m": {"max_output": 0}}}, "prices.m.max_output: must be a whole number from 1 on"),
        ({"prices": {"m": 1}}, "prices.m: must be a table"),
        ({"ledger": {"keep": "soon"}}, "ledger.keep: must be a duration like 90s, 15m, 12h, 7d or 2w"),
        ({"ledger": {"enabled": "yes"}}, "ledger.enabled: must be true or false, not text"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tables: dict[str, Any], problem: str) -> None:
    assert problems(**tables) == (problem,)


@pytest.mark.parametrize("from_files", [False, True])
@pytest.mark.parametrize("enabled", [None, False, True])
def test_a_ledger_is_kept_for_the_users_own_configuration_unless_they_say_otherwise(
    tmp_path: Path, from_files: bool, enabled: bool | None
) -> None:
    if from_files:
        text = "" if enabled is None else f"[ledger]\nenabled = {str(enabled).lower()}\n"
        (tmp_path / "config.toml").write_text(text)
        (tmp_path / "config.toml").chmod(0o600)
        built = ConfigLoader.read(home=tmp_path, environ={}, cwd=tmp_path).build()
    else:
        built = config(**({} if enabled is None else {"ledger": {"enabled": enabled}}))
    assert built.keeps_ledger is (from_files if enabled is None else enabled)


def test_variables_set_them_too(tmp_path: Path) -> None:
    environ = {"CLAIF_LEDGER__ENABLED": "false", "CLAIF_BUDGET__DAY": "2.5"}
    built = ConfigLoader.read(home=tmp_path, environ=environ, cwd=tmp_path).build()
    assert not built.keeps_ledger
    assert built.costs.budget.day == 2.5


def test_a_projects_file_sets_no_budget(tmp_path: Path) -> None:
    (tmp_path / ".claif.toml").write_text("[budget]\nday = 1000\n")
    with pytest.raises(InvalidConfigError, match="budget"):
        ConfigLoader.read(home=tmp_path / "home", environ={}, cwd=tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("budget.day", 5),
        ("budget.warn", 0.8),
        ("budget.unknown_cost", "allow"),
        ("budget.tags.t.month", 3),
        ('prices."openai/m".output', 2),
        ("ledger.keep", "400d"),
    ],
)
def test_values_are_found_by_their_dotted_names(name: str, value: object) -> None:
    tables = {"budget": {"day": 5, "tags": {"t": {"month": 3}}}, "prices": {"openai/m": {"input": 1, "output": 2}}}
    built = config(**tables)
    assert built.get(name) == value


def test_what_is_not_set_is_not_found() -> None:
    with pytest.raises(InvalidConfigError, match=r"budget\.dya"):
        config(budget={"day": 5}).get("budget.dya")
    with pytest.raises(InvalidConfigError):
        config().get("budget.tags.t.month")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("budget.day", "5", 5),
        ("budget.day", "5.5", 5.5),
        ("budget.routes.r.query", "1", 1),
        ('prices."a/b".max_output', "100", 100),
        ("ledger.enabled", "off", False),
    ],
)
def test_texts_become_what_is_declared(name: str, text: str, value: object) -> None:
    found = value_from_text(name, text)
    assert (found, type(found)) == (value, type(value))


def test_a_text_that_is_nothing_for_a_setting_is_refused() -> None:
    with pytest.raises(InvalidConfigError, match="must be a number"):
        value_from_text("budget.day", "much")


@pytest.mark.parametrize("path", [("budget", "routes"), ("budget", "routes", "r"), ("prices", "x"), ("budget",)])
def test_tables_have_no_type_of_a_value(path: tuple[str, ...]) -> None:
    assert declared_type(path) is None or "Mapping" in str(declared_type(path))


def test_the_tables_are_shown() -> None:
    names = [name for name, _, _ in config(budget={"day": 5}, prices={"m": {"input": 1}}).flat()]
    assert {"budget.day", "budget.warn", "prices.m.input"} <= set(names)
    assert not any(name.startswith("ledger") for name in names)
