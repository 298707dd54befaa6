"""Embeddings in the ledger, and within budgets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from middleware.accounts import calls, client, only, sums

from claif.errors import BudgetExceededError, ProviderRuntimeError
from claif.testing import FakeProvider

PRICES = {"fake/m": {"input": 1000.0, "output": 0.0}}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLAIF_HOME", str(tmp_path))
    return tmp_path


def embedding(**config: Any) -> Any:
    return client(prices=PRICES, providers={"fake": {"model": "m", "embedding_model": "m"}}, **config)


async def test_what_embeddings_took_and_cost_is_written_down(home: Path) -> None:
    async with embedding() as c:
        found = await c.embed(["one two", "three"], provider="fake")
    assert found.usage.input_tokens is not None
    assert found.usage.cost == pytest.approx(found.usage.input_tokens / 1000)
    only(home, provider="fake", model="m", error=None, cached=0, cost_known=1, input_tokens=found.usage.input_tokens)
    assert sums(home) == (pytest.approx(found.usage.cost), 0.0)


async def test_what_could_overrun_a_budget_is_refused_before_it_is_sent(home: Path) -> None:
    async with embedding(budget={"day": 0.05}) as c:
        with pytest.raises(BudgetExceededError, match=r"budget of a day|day"):
            await c.embed(["x" * 50], provider="fake")
        assert (await c.embed(["x"], provider="fake")).usage.cost is not None
    failed, done = calls(home)
    assert (failed["error"], failed["cost"], done["error"]) == ("BudgetExceededError", 0.0, None)


async def test_vectors_from_the_cache_cost_nothing(home: Path) -> None:
    async with embedding(cache={"mode": "read-write", "store": "memory", "salt": "s"}) as c:
        await c.embed(["one"], provider="fake")
        again = await c.embed(["one"], provider="fake")
    assert (again.cached, again.usage.cost) == (1, None)
    first, second = calls(home)
    assert (first["cached"], second["cached"], second["cost"], second["cost_known"]) == (0, 1, 0.0, 1)


async def test_a_failure_is_written_down_with_what_was_held_for_it(home: Path) -> None:
    class Broken(FakeProvider):
        async def embed(self, texts: Any, *, model: Any = None, dimensions: Any = None) -> Any:
            raise ProviderRuntimeError("no")

    made = embedding(budget={"day": 5.0}, others={"fake": Broken})
    async with made as c:
        with pytest.raises(ProviderRuntimeError):
            await c.embed(["one"], provider="fake")
    only(home, error="ProviderRuntimeError", cost_known=0)
    spent, held = sums(home)
    assert (spent > 0, held) == (True, 0.0)


async def test_without_a_ledger_the_cost_is_told_all_the_same(home: Path) -> None:
    async with client(prices=PRICES, providers={"fake": {"model": "m", "embedding_model": "m"}}, ledger=False) as c:
        assert (await c.embed(["one two"], provider="fake")).usage.cost is not None
    assert not (home / "ledger.db").exists()
