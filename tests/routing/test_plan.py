"""Plans: whom a name means."""

from __future__ import annotations

from typing import Any

import pytest

from claif.config import ConfigLoader
from claif.config.candidate import Candidate
from claif.config.hedge import parse_hedge
from claif.errors import InvalidQueryError
from claif.models import Query
from claif.routing.default import Choice
from claif.routing.plan import MAX_MEMBERS, Plan, plan_for

TABLES = {
    "aliases": {"fast": "openai/mini", "s": "safe", "two": "fast,local"},
    "routes": {
        "safe": {
            "members": ["claude", {"provider": "google", "model": "flash", "weight": 2, "cost": 1}],
            "strategy": "weighted",
            "requires": ["tools"],
            "fallbacks": {"context_length": ["google/pro"]},
            "max_attempts": 4,
            "deadline": 60,
            "attempt_timeout": 20,
            "hedge_after": "p95",
        }
    },
}


def plan(name: str | None, model: str | None = None, default: Choice | None = None, **tables: Any) -> Plan:
    config = ConfigLoader.from_mapping(tables or TABLES).build()
    return plan_for(Query("hi", provider=name, model=model), config, default)


@pytest.mark.parametrize(
    ("name", "model", "members"),
    [
        ("openai", None, "openai"),
        ("openai", "large", "openai/large"),
        ("openai/mini", None, "openai/mini"),
        ("openai/org/mini", None, "openai/org/mini"),
        ("openai/mini", "large", "openai/mini"),
        ("fast", None, "openai/mini"),
        ("a,b/m, c", None, "a b/m c"),
        ("a,b", "large", "a/large b/large"),
        ("two", None, "openai/mini local"),
        ("fast,local", None, "openai/mini local"),
        ("safe", None, "claude google/flash"),
        ("s", None, "claude google/flash"),
    ],
)
def test_whom_a_name_means(name: str, model: str | None, members: str) -> None:
    found = plan(name, model)
    assert " ".join(map(str, found.candidates)) == members
    assert found.single == (" " not in members)
    assert found.reason.startswith("it was asked for")


def test_without_any_table_a_name_is_a_name() -> None:
    assert plan("openai", "m", general={}) == Plan((Candidate("openai", "m"),), "it was asked for")
    assert plan("a,b/c", general={}).candidates == (Candidate("a"), Candidate("b", "c"))


def test_a_route_is_as_it_is_configured() -> None:
    found = plan("safe")
    assert (found.route, found.strategy, found.requires, found.max_attempts) == ("safe", "weighted", ("tools",), 4)
    assert (found.deadline, found.attempt_timeout, found.hedge_after) == (60, 20, parse_hedge("p95"))
    assert found.candidates[1] == Candidate("google", "flash", 2, 1)
    assert found.fallbacks == {"context_length": (Candidate("google", "pro"),)}
    assert not found.single


def test_the_reason_tells_how_the_name_came_about() -> None:
    assert plan(None, default=Choice("s", "it is the default")).reason == (
        "it is the default; s is an alias of safe; it is a route"
    )


@pytest.mark.parametrize(
    ("name", "model"),
    [("a,,b", None), ("a,", None), (",", None), ("safe", "m"), ("a,safe", None), (",".join(["a"] * 101), None)],
)
def test_what_means_nobody_is_refused(name: str, model: str | None) -> None:
    with pytest.raises(InvalidQueryError):
        plan(name, model)


def test_as_many_members_as_there_may_be() -> None:
    assert len(plan(",".join(["a"] * MAX_MEMBERS)).candidates) == MAX_MEMBERS
