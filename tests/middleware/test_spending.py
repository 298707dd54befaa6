"""What queries cost through a client, and budgets that are not overrun."""

# ruff: noqa: ASYNC240 - a test may wait for its own small files

from __future__ import annotations

import json
from pathlib import Path

import pytest
import trio
from middleware.accounts import COST, PRICES, USED, calls, client, only, sums
from patience import jump, on_slow_clock, until

from claif import Client
from claif.api import (
    BudgetExceededError,
    Emit,
    ProviderRuntimeError,
    Query,
    RateLimitError,
    Started,
    TimeoutError,
    Usage,
    UsageReport,
)
from claif.middleware.spending import COST_LIMIT
from claif.testing import FakeProvider, ScriptedServer
from claif.testing.fake import Pause


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLAIF_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


async def test_a_reply_has_the_cost_by_the_price_of_its_model(home: Path) -> None:
    async with client([Started("", model="m-2026"), "x", UsageReport(Usage(1000, 100, cached_tokens=400))]) as c:
        reply = await c.query("hi", provider="fake", tag="work")
    assert reply.usage.cost == reply.cost == pytest.approx((600 + 200 + 10_000) / 1e6)
    only(home, provider="fake", model="m-2026", tag="work", attempts=1, error=None, state=1, cost_known=1, cached=0)
    (call,) = calls(home)
    assert call["id"][12:20] == reply.query_id
    assert (call["input_tokens"], call["output_tokens"], call["cached_tokens"]) == (1000, 100, 400)
    assert call["cost"] == reply.cost
    assert 0 <= call["first"] <= call["latency"]


async def test_what_a_provider_says_that_it_cost_is_not_changed(home: Path) -> None:
    async with client(["x", UsageReport(Usage(1000, 100, cost=7.5))]) as c:
        assert (await c.query("hi", provider="fake")).cost == 7.5
    only(home, cost=7.5, cost_known=1)


async def test_a_cost_that_nobody_knows_is_unknown_and_not_nothing(home: Path) -> None:
    async with client(["x", USED], prices={}) as c:
        reply = await c.query("hi", provider="fake")
    assert reply.cost is None
    only(home, cost=0.0, cost_known=0, input_tokens=1000)


async def test_the_data_set_of_prices_is_used_for_who_is_known(home: Path) -> None:
    fake = FakeProvider.scripted(["x", UsageReport(Usage(1_000_000, 0))])
    async with client(others={"openai": fake}, ledger=False) as c:
        reply = await c.query("hi", provider="openai", model="gpt-5-mini")
    assert reply.cost == pytest.approx(0.25)
    assert not home.exists(), "a client that was configured in code writes nothing down"


async def test_a_failure_in_the_middle_of_an_answer_costs_what_nobody_knows(home: Path) -> None:
    async with client(["begun", ProviderRuntimeError("broken")], budget={"day": 10.0}) as c:
        with pytest.raises(ProviderRuntimeError):
            await c.query("hi", provider="fake", max_tokens=1000)
    only(home, error="ProviderRuntimeError", cost=0.0, cost_known=0)
    assert sums(home) == (pytest.approx(0.1, rel=0.01), 0.0), "what was held counts"


async def test_a_call_that_could_overrun_a_budget_is_refused_before_it_is_made(home: Path) -> None:
    async with client(["x", USED], budget={"day": 0.05}) as c:
        with pytest.raises(BudgetExceededError) as caught:
            await c.query("hi", provider="fake", max_tokens=501)
        assert c.fakes["fake"].queries == []
        await c.query("hi", provider="fake", max_tokens=499)
    error = caught.value
    assert (error.limit, error.spent, error.provider, error.retryable, error.exit_code) == (
        0.05,
        0.0,
        "fake",
        False,
        13,
    )
    assert "the budget of a day, $0.05" in error.message
    assert "claif config set budget.day" in error.hint
    assert error.to_dict()["limit"] == 0.05
    assert [call["error"] for call in calls(home)] == ["BudgetExceededError", None]
    assert sums(home) == (pytest.approx(COST), 0.0)


@on_slow_clock
async def test_a_budget_of_one_query_counts_all_of_its_attempts(home: Path) -> None:
    answers = (["begun", Pause(60)], ["x", USED])
    config = {
        "budget": {"query": 0.15},
        "providers": {"fake": {"model": "m"}, "other": {"model": "m"}},
        "prices": {"m": PRICES["fake/m"]},
        "routes": {"all": {"members": ["fake", "other"], "attempt_timeout": 2.0}},
    }
    fakes = {"other": FakeProvider.scripted("never")}
    async with client([Pause(60)], *answers, others=fakes, **config) as c, trio.open_nursery() as nursery:

        async def ask() -> None:
            with pytest.raises((BudgetExceededError, TimeoutError)):
                await c.query("hi", provider="all", max_tokens=1000)

        nursery.start_soon(ask)
        await until(lambda: c.fakes["fake"].queries)
        jump(2.0)
    assert fakes["other"].queries == [], "the first may have cost what was held for it"


async def test_where_one_is_too_dear_the_next_is_asked_and_nobody_is_ill(home: Path) -> None:
    config = {
        "budget": {"providers": {"fake": {"day": 0.001}}},
        "routes": {"all": {"members": ["fake", "cheap"]}},
        "prices": {**PRICES, "cheap/m": {"input": 0, "output": 0}},
        "providers": {"fake": {"model": "m"}, "cheap": {"model": "m"}},
    }
    async with client("dear", others={"cheap": FakeProvider.scripted("cheap")}, **config) as c:
        for _ in range(8):
            reply = await c.query("hi", provider="all", max_tokens=100)
            assert reply.text == "cheap"
        assert {member.name: member.breaker for member in c.providers()}.get("fake") in {None, "closed"}
    assert {call["provider"] for call in calls(home)} == {"cheap"}
    assert {call["route"] for call in calls(home)} == {"all"}


@pytest.mark.parametrize(
    ("scope", "how"),
    [
        ("routes", {"provider": "all"}),
        ("providers", {"provider": "fake"}),
        ("tags", {"provider": "fake", "tag": "work"}),
    ],
)
async def test_routes_providers_and_tags_have_budgets_of_their_own(home: Path, scope: str, how: dict[str, str]) -> None:
    name = {"routes": "all", "providers": "fake", "tags": "work"}[scope]
    config = {
        "budget": {scope: {name: {"month": COST * 1.5}}},
        "routes": {"all": {"members": ["fake", "free"]}},
        "prices": {**PRICES, "free/m": {"input": 1000, "output": 1000}},
        "providers": {"fake": {"model": "m"}, "free": {"model": "m"}},
    }
    async with client(["x", USED], others={"free": FakeProvider.scripted(["y", USED])}, **config) as c:
        await c.query("hi", max_tokens=100, **how)
        with pytest.raises(BudgetExceededError, match=f"the budget of a month for the {scope[:-1]} {name}"):
            await c.query("hi", max_tokens=100, **how)
        await c.query("hi", provider="free", tag="other", max_tokens=100)


async def test_the_user_is_told_when_a_budget_is_nearly_spent(home: Path) -> None:
    async with client(["x", USED], budget={"day": 0.04, "warn": 0.5}) as c:
        notices = [(await c.query("hi", provider="fake", max_tokens=100)).notices for _ in range(3)]
    assert [[notice.kind for notice in one] for one in notices] == [[], ["budget"], []]
    (notice,) = notices[1]
    assert notice.text == "$0.02 of the budget of a day, $0.04, is spent."
    assert notice.data == {"budget": "budget.day", "spent": pytest.approx(2 * COST), "limit": 0.04}


async def test_budgets_without_a_ledger_hold_for_the_client(home: Path) -> None:
    async with client(["x", USED], ledger=False, budget={"day": 0.025}) as c:
        await c.query("hi", provider="fake", max_tokens=100)
        await c.query("hi", provider="fake", max_tokens=100)
        with pytest.raises(BudgetExceededError):
            await c.query("hi", provider="fake", max_tokens=100)
    assert not home.exists()


async def test_who_costs_nobody_knows_what_is_allowed_until_all_is_spent(home: Path) -> None:
    fakes = {"strange": FakeProvider.scripted(["x", UsageReport(Usage(1, 1, cost=0.03))])}
    async with client(others=fakes, budget={"day": 0.05}) as c:
        told = [(await c.query("hi", provider="strange")).notices for _ in range(2)]
        with pytest.raises(BudgetExceededError):
            await c.query("hi", provider="strange")
    soft = "What strange costs is known only afterwards: a budget is noticed once it is overrun."
    assert [[notice.text for notice in notices if "afterwards" in notice.text] for notices in told] == [[soft], []]


async def test_who_costs_nobody_knows_what_is_refused_if_the_user_wants_that(home: Path) -> None:
    fakes = {"strange": FakeProvider.scripted("x")}
    async with client(["x", USED], others=fakes, budget={"day": 5, "unknown_cost": "refuse"}) as c:
        with pytest.raises(BudgetExceededError, match="Nobody knows what strange costs") as caught:
            await c.query("hi", provider="strange", model="z")
        assert '[prices."strange/z"]' in caught.value.hint
        await c.query("hi", provider="fake")
    assert fakes["strange"].queries == []


async def test_a_model_whose_longest_answer_is_known_is_asked_for_no_more_within_a_budget(home: Path) -> None:
    prices = {"fake/m": {"input": 1.0, "output": 100.0, "max_output": 300}}
    async with client(["x", USED], prices=prices, budget={"day": 0.05}) as c:
        await c.query("hi", provider="fake")
        await c.query("hi", provider="fake", max_tokens=50)
    assert [query.options.max_tokens for query in c.fakes["fake"].queries] == [300, 50]
    async with client(["x", USED], prices=prices) as c:
        await c.query("hi", provider="fake")
    assert c.fakes["fake"].queries[0].options.max_tokens is None


class Metered(FakeProvider):
    capabilities = FakeProvider.capabilities | {"agent", "cost_limit"}


async def test_an_agent_is_told_what_it_may_spend(home: Path) -> None:
    asked = []

    class Agent(Metered):
        async def query(self, query: Query, emit: Emit) -> None:
            asked.append(query.options.extra.get(COST_LIMIT))
            await emit(UsageReport(Usage(1, 1, cost=0.3)))

    async with client(others={"agent": Agent}, budget={"query": 0.5, "day": 1.0, "unknown_cost": "refuse"}) as c:
        reply = await c.query("hi", provider="agent")
        assert not [notice for notice in reply.notices if "afterwards" in notice.text]
        await c.query("hi", provider="agent", extra={COST_LIMIT: 0.25})
        with pytest.raises(BudgetExceededError):
            await c.query("hi", provider="agent")
        await c.query("hi", provider="agent", extra={COST_LIMIT: 0.4})
    assert asked == [0.5, 0.25, 0.4]


async def test_a_hundred_queries_at_once_do_not_overrun_a_budget(home: Path) -> None:
    limit, outcomes = 0.5, []
    async with ScriptedServer() as server:
        providers = {"fake": {"type": "openai", "base_url": server.url(text="Read.", first=0.05), "model": "m"}}
        tables = {"providers": providers, "prices": PRICES, "budget": {"day": limit}, "ledger": {"enabled": True}}
        async with Client(tables) as c:

            async def ask() -> None:
                try:
                    outcomes.append((await c.query("hi", provider="fake", max_tokens=200)).cost)
                except BudgetExceededError:
                    outcomes.append(None)

            async with trio.open_nursery() as nursery:
                for _ in range(100):
                    nursery.start_soon(ask)
    assert len(outcomes) == 100
    made = [cost for cost in outcomes if cost is not None]
    assert 20 <= len(made) < 100, "at worst one costs two cents"
    spent, held = sums(home)
    assert spent == pytest.approx(sum(made))
    assert spent <= limit
    assert held == 0


async def test_the_cost_is_in_the_json_of_a_reply() -> None:
    from claif.codec import dump

    async with client(["x", USED], ledger=False) as c:
        reply = await c.query("hi", provider="fake")
    assert json.loads(json.dumps(dump(reply)))["usage"]["cost"] == pytest.approx(COST)


async def test_of_two_that_were_asked_at_once_the_loser_counts_with_what_was_held_for_it(home: Path) -> None:
    config = {
        "budget": {"day": 5.0},
        "prices": {"m": PRICES["fake/m"]},
        "providers": {"fake": {"model": "m"}, "other": {"model": "m"}},
        "routes": {"all": {"members": ["fake", "other"], "hedge_after": 0.05}},
    }
    async with client([Pause(60)], others={"other": FakeProvider.scripted(["x", USED])}, **config) as c:
        reply = await c.query("hi", provider="all", max_tokens=1000)
    assert (reply.provider, reply.cost) == ("other", pytest.approx(COST))
    only(home, provider="other", route="all", attempts=2, cost_known=0, error=None)
    assert calls(home)[0]["cost"] == pytest.approx(COST), "of the loser nobody says it"
    assert sums(home) == (pytest.approx(COST + 0.1, rel=0.01), 0.0)


async def test_a_query_that_costs_too_much_to_ask_again_fails_as_it_failed_first(home: Path) -> None:
    config = {"budget": {"query": 0.15}, "retry": {"max_attempts": 3, "base": 0.001}}
    async with client(RateLimitError("full"), ["x", USED], **config) as c:
        assert (await c.query("hi", provider="fake", max_tokens=1000)).text == "x", "what was refused cost nothing"
    only(home, attempts=2, cost_known=1)
