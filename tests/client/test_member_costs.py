"""The cheapest member of a route: as the user says, or as prices do."""

from __future__ import annotations

import pytest
from client.routes import routed

from claif.api import ConnectionError

DOWN = ConnectionError("down")
PRICES = {
    "a/one": {"input": 1.0, "output": 9.0},
    "b/two": {"input": 2.0, "output": 2.0},
    "c/three": {"input": 0.5, "output": 20.0},
}


def members(**costs: float) -> list[dict[str, object]]:
    named = {"a": "one", "b": "two", "c": "three"}
    return [{"provider": name, "model": model, **_cost(costs.get(name))} for name, model in named.items()]


def _cost(cost: float | None) -> dict[str, float]:
    return {} if cost is None else {"cost": cost}


@pytest.mark.parametrize(
    ("prices", "costs", "order"),
    [
        (PRICES, {}, "bac"),  # three tokens of four are asked: 3, 2 and 5.375 dollars
        (PRICES, {"a": 1.5}, "abc"),  # what the user says of a member comes first
        ({"b/two": PRICES["b/two"]}, {"c": 1.0}, "cba"),  # unknown ones last
        ({"c/three": {"input": 0.0, "output": 0.0}}, {"b": 0.1}, "cba"),
        ({}, {}, "abc"),
    ],
)
async def test_the_cheapest_member_is_asked_first(prices: dict, costs: dict, order: str) -> None:
    retry = {"max_attempts": 1}
    route = {"members": members(**costs), "strategy": "cost"}
    async with routed({name: [DOWN] for name in "abc"}, route=route, prices=prices, retry=retry) as client:
        with pytest.raises(ConnectionError) as caught:
            await client.query("hi", provider="all")
    assert "".join([attempt.provider for attempt in caught.value.attempts]) == order


async def test_a_member_that_names_no_model_has_no_price_and_is_asked_last() -> None:
    route = {"members": ["a", {"provider": "b", "model": "two"}], "strategy": "cost"}
    prices = {"a/one": PRICES["a/one"], "b/two": PRICES["b/two"]}
    async with routed({"a": ["A"], "b": ["B"]}, route=route, prices=prices) as client:
        reply = await client.query("hi", provider="all")
    assert reply.text == "B"
