"""Strategies: in which order the members of a route are asked."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from claif.config.candidate import Candidate
from claif.errors import ConfigurationError
from claif.routing.strategies import STRATEGIES, Standing, healthy_first, in_turn

A, B, C = Candidate("a"), Candidate("b", weight=8.0), Candidate("c")


def names(strategy: str, *standings: Standing, turn: int = 0, seed: int = 0) -> str:
    return "".join([one.candidate.provider for one in in_turn(strategy, standings, Random(seed), turn)])


@pytest.mark.parametrize(
    ("strategy", "order"),
    [("priority", "abc"), ("cost", "bac"), ("latency", "cba"), ("least-busy", "cba")],
)
def test_the_order_of_a_strategy(strategy: str, order: str) -> None:
    standings = [Standing(A, in_flight=2, latency=2.0, cost=3.0), Standing(B, 8, latency=1.0, cost=1.0), Standing(C)]
    assert names(strategy, *standings) == order


def test_round_robin_begins_with_the_next_one_each_time() -> None:
    standings = [Standing(A), Standing(B), Standing(C)]
    assert [names("round-robin", *standings, turn=turn) for turn in range(4)] == ["abc", "bca", "cab", "abc"]


def test_weights_are_shares() -> None:
    rng = Random(1)
    first = Counter(
        in_turn("weighted", [Standing(A), Standing(B), Standing(C)], rng, 0)[0].candidate for _ in range(2000)
    )
    assert first[B] == pytest.approx(1600, rel=0.05)
    assert first[A] == pytest.approx(200, rel=0.3)


def test_chance_is_fair() -> None:
    rng = Random(1)
    first = Counter(
        in_turn("random", [Standing(A), Standing(B), Standing(C)], rng, 0)[0].candidate for _ in range(3000)
    )
    assert all(count == pytest.approx(1000, rel=0.1) for count in first.values())


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_nobody_is_lost_or_asked_twice(strategy: str) -> None:
    assert sorted(names(strategy, Standing(A), Standing(B), Standing(C), turn=5)) == ["a", "b", "c"]


def test_who_is_not_healthy_comes_last() -> None:
    standings = [Standing(A, healthy=False), Standing(B), Standing(C, healthy=False)]
    assert healthy_first(standings) == [B, A, C]


def test_a_strategy_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no strategy cheapest"):
        in_turn("cheapest", [Standing(A)], Random(), 0)
