"""Strategies: in which order the members of a route are asked; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import frozen

from ..errors import ConfigurationError

if TYPE_CHECKING:
    from ..config.candidate import Candidate


T = TypeVar("T")


@frozen
class Standing:
    """How a member does, for strategies.

    Args:
        candidate: the member.
        in_flight: queries that it answers now.
        latency: seconds until its answers begin, averaged with more weight on the last ones; `None` if unknown.
        healthy: whether it is not left alone because it failed, and does not want to be asked later.
        cost: US dollars for a million tokens: as the member says, or by its price if three of four are asked; `None` if
            unknown, or if nobody has to know.
    """

    candidate: Candidate
    in_flight: int = 0
    latency: float | None = None
    healthy: bool = True
    cost: float | None = None


def _as_given(members: Sequence[T], _turn: int) -> list[T]:
    return list(members)


def _round_robin(members: Sequence[T], turn: int) -> list[T]:
    first = turn % len(members)
    return [*members[first:], *members[:first]]


PLAIN: Mapping[str, Callable[[Sequence[Any], int], list[Any]]] = {"priority": _as_given, "round-robin": _round_robin}
"""Strategies that do not ask how members do; each is given the members, and how often the route was used before."""

Strategy = Callable[[Sequence[Standing], Random, int], list[Standing]]
"""Puts members in order; it is given how often the route was used before."""


def _random(standings: Sequence[Standing], rng: Random, _turn: int) -> list[Standing]:
    return rng.sample(standings, len(standings))


def _weighted(standings: Sequence[Standing], rng: Random, _turn: int) -> list[Standing]:
    # Efraimidis and Spirakis, 2006: the largest u ** (1 / weight) first draws by weight without putting back.
    return sorted(standings, key=lambda one: rng.random() ** (1 / one.candidate.weight), reverse=True)


def _least_busy(standings: Sequence[Standing], _rng: Random, _turn: int) -> list[Standing]:
    return sorted(standings, key=lambda one: one.in_flight / one.candidate.weight)


def _latency(standings: Sequence[Standing], _rng: Random, _turn: int) -> list[Standing]:
    # Who is not known yet comes first, so that it becomes known.
    return sorted(standings, key=lambda one: 0.0 if one.latency is None else one.latency)


def _cost(standings: Sequence[Standing], _rng: Random, _turn: int) -> list[Standing]:
    return sorted(standings, key=lambda one: inf if one.cost is None else one.cost)


STRATEGIES: Mapping[str, Strategy] = {
    "cost": _cost,
    "latency": _latency,
    "least-busy": _least_busy,
    "random": _random,
    "weighted": _weighted,
}


def in_turn(strategy: str, standings: Sequence[Standing], rng: Random, turn: int) -> list[Standing]:
    """The members in the order in which one of Claif's own strategies asks them.

    Args:
        strategy: its name.
        standings: the members, in the order given.
        rng: for what is left to chance.
        turn: how often the route was used before.

    Raises:
        ConfigurationError: there is no such strategy.
    """
    if (plain := PLAIN.get(strategy)) is not None:
        return plain(standings, turn)
    order = STRATEGIES.get(strategy)
    if order is None:
        raise ConfigurationError(
            f"There is no strategy {strategy}.",
            hint=f"There are: {', '.join(sorted([*PLAIN, *STRATEGIES]))}, and those of plugins.",
        )
    return order(standings, rng, turn)


def healthy_first(standings: Sequence[Standing]) -> list[Candidate]:
    """The members in their order, but those that are not healthy last."""
    return [one.candidate for one in sorted(standings, key=lambda one: not one.healthy)]
