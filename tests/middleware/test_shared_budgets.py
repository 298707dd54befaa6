"""Budgets that clients share: what one has spent, another cannot."""

from __future__ import annotations

import time
from typing import Any

import pytest
import trio
from middleware.accounts import PRICES
from middleware.shared import Brings, MemoryState

from claif import Client
from claif.api import BudgetExceededError, ProviderRuntimeError, Usage, UsageReport
from claif.costs.budget import day_of
from claif.plugin.manager import PluginManager
from claif.testing import FakeProvider

USED = UsageReport(Usage(20, 100))
COST = (20 + 100 * 100) / 1e6


def sharing(state: MemoryState, *answers: Any, **config: Any) -> Client:
    plugins = PluginManager()
    plugins.register(Brings(state), "mine")
    tables = {
        "prices": PRICES,
        "providers": {"fake": {"model": "m"}},
        "shared": {"store": "mine"},
        "budget": {"day": 0.025},
        **config,
    }
    return Client(tables, plugins=plugins, providers={"fake": FakeProvider.scripted(*(answers or (["x", USED],)))})


async def ask(client: Client, **how: Any) -> Any:
    return await client.query("hi", provider="fake", **{"max_tokens": 100, **how})


async def test_what_one_client_has_spent_another_cannot() -> None:
    state = MemoryState()
    async with sharing(state) as one, sharing(state) as other:
        await ask(one)
        await ask(other)
        for client in (one, other):
            with pytest.raises(BudgetExceededError, match=r"the budget of a day, \$0\.02|\$0\.03") as caught:
                await ask(client)
            assert caught.value.limit == 0.025
    (key,) = state.spent
    assert key.startswith("budget:all::day:20")
    assert state.spent[key] == pytest.approx(2 * COST)


async def test_what_was_held_and_not_spent_is_given_back() -> None:
    state = MemoryState()
    async with sharing(state) as client:
        await ask(client, max_tokens=200)
        with pytest.raises(BudgetExceededError, match="could cost"):
            await ask(client, max_tokens=200)
        await ask(client, max_tokens=100)
    assert [settlement.spent for settlement in state.settled if settlement.claim.budgets] == [pytest.approx(COST)] * 2


async def test_a_refused_call_takes_nothing_of_ones_own_budget_either() -> None:
    state = MemoryState()
    state.spent[f"budget:all::day:{day_of(time.time())}"] = 0.02
    async with sharing(state) as client:
        with pytest.raises(BudgetExceededError, match="shared with others"):
            await ask(client)
        state.spent.clear()
        await ask(client)
        await ask(client)


async def test_limits_and_budgets_are_asked_for_together_in_one_round_trip() -> None:
    state = MemoryState()
    limits = {"fake": {"requests_per_minute": 6000, "tokens_per_minute": 10**6, "concurrency": 1}}
    async with sharing(state, budget={"day": 5.0}, limits=limits) as client:
        for _ in range(3):
            await ask(client)
    assert state.takes == 3
    (key,) = state.spent
    assert state.spent[key] == pytest.approx(3 * COST)


async def test_vectors_are_within_the_budgets_that_are_shared() -> None:
    state = MemoryState()
    tables = {
        "providers": {"fake": {"model": "m", "embedding_model": "m"}},
        "prices": {"fake/m": {"input": 1000, "output": 0}},
    }
    async with sharing(state, budget={"day": 0.05}, **tables) as client:
        await client.embed("one", provider="fake")
        with pytest.raises(BudgetExceededError):
            await client.embed("x" * 100, provider="fake")
    (key,) = state.spent
    assert 0 < state.spent[key] < 0.05


@pytest.mark.parametrize(
    ("answer", "spent"), [(ProviderRuntimeError("no"), 0.0), (["x", ProviderRuntimeError("cut")], None)]
)
async def test_a_failure_is_told_as_what_it_cost(answer: Any, spent: float | None) -> None:
    state = MemoryState()
    async with sharing(state, answer) as client:
        with pytest.raises(ProviderRuntimeError):
            await ask(client)
    assert [settlement.spent for settlement in state.settled if settlement.claim.budgets] == [spent]


async def test_where_the_others_cannot_be_reached_ones_own_budget_holds() -> None:
    state = MemoryState()
    state.down = True
    async with sharing(state) as client:
        await ask(client)
        await ask(client)
        with pytest.raises(BudgetExceededError, match="is spent"):
            await ask(client)
    assert state.settled == []


async def test_what_costs_nothing_asks_nobody() -> None:
    state = MemoryState()
    async with sharing(state, prices={"fake/m": {"input": 0, "output": 0}}) as client:
        await ask(client)
    assert state.spent == {}


async def test_many_clients_at_once_do_not_overrun_what_they_share() -> None:
    state, made = MemoryState(), []

    async def one() -> None:
        async with sharing(state, budget={"month": 0.2}) as client:
            for _ in range(5):
                try:
                    made.append((await ask(client)).cost)
                except BudgetExceededError:
                    return

    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(one)
    assert sum(made) <= 0.2
    assert len(made) >= 15
