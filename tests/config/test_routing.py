"""The tables of routing: aliases, routes, retries, breakers and limits."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.config import Config, ConfigLoader
from claif.errors import InvalidConfigError


def read(**tables: Any) -> Config:
    return ConfigLoader.from_mapping(tables).build()


def test_everything_has_a_default() -> None:
    routing = read().routing
    assert (routing.retry.max_attempts, routing.breaker.failures) == (3, 5)
    assert not routing.routes
    assert not routing.aliases


def test_members_are_written_in_three_ways() -> None:
    members = ["claude", "openai/gpt-5-mini", {"provider": "google", "model": "flash", "weight": 2, "cost": 0.5}]
    route = read(routes={"safe": {"members": members, "deadline": 60, "hedge_after": "p95"}}).routing.routes["safe"]
    assert [str(member) for member in route.members] == ["claude", "openai/gpt-5-mini", "google/flash"]
    assert (route.members[2].weight, route.members[2].cost, route.hedge_after) == (2, 0.5, "p95")


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        ({"routes": {"x": {}}}, "routes.x.members: is missing"),
        ({"routes": {"x": {"members": []}}}, "a route needs members"),
        ({"routes": {"x": {"members": ["--yolo"]}}}, "is no name of a provider"),
        ({"routes": {"x": {"members": [{"model": "m"}]}}}, "is no name of a provider"),
        ({"routes": {"x": {"members": [7]}}}, "a member is written"),
        ({"routes": {"x": {"members": [{"provider": "a", "weigth": 2}]}}}, "a member is written"),
        ({"routes": {"x": {"members": [{"provider": "a", "weight": 0}]}}}, "greater than 0"),
        ({"routes": {"x": {"members": [{"provider": "a", "weight": "much"}]}}}, "of a wrong type"),
        ({"routes": {"x": {"members": ["a/--yolo"]}}}, "model's name"),
        ({"routes": {"x": {"members": ["a"], "deadline": 0}}}, "seconds greater than 0"),
        ({"routes": {"x": {"members": ["a"], "max_attempts": 0}}}, "whole number from 1 on"),
        ({"routes": {"x": {"members": ["a"], "hedge_after": "q95"}}}, "percentile"),
        ({"routes": {"x": {"members": ["a"], "fallbacks": {"hunger": ["b"]}}}}, "there are fallbacks for"),
        ({"routes": {"x": {"members": ["a"], "stategy": "x"}}}, 'did you mean "strategy"'),
        ({"routes": {"-x": {"members": ["a"]}}}, "is no name"),
        ({"routes": {"x": {"members": ["a"]}}, "aliases": {"x": "a"}}, "name of a provider or an alias"),
        ({"routes": {"x": {"members": ["a"]}}, "providers": {"x": {}}}, "name of a provider or an alias"),
        ({"aliases": {"x": 7}}, "is no alias"),
        ({"aliases": {"x": "a"}, "providers": {"x": {}}}, "is the name of a provider too"),
        ({"aliases": "x"}, "must be a table"),
        ({"retry": {"max_attempts": 0}}, "whole number from 1 on"),
        ({"breaker": {"failuress": 1}}, 'did you mean "failures"'),
        ({"limits": {"a": {"concurrency": -1}}}, "whole number from 1 on"),
        ({"limits": {"a": 7}}, "must be a table"),
    ],
)
def test_what_is_wrong_is_named(tables: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        read(**tables)
    assert any(says in problem for problem in caught.value.problems), caught.value.problems


def test_settings_are_found_by_their_names() -> None:
    config = read(retry={"base": 2}, limits={"a": {"concurrency": 3}}, aliases={"fast": "a/b"})
    assert (config.get("retry.base"), config.get("retry.max_attempts")) == (2, 3)
    assert (config.get("limits.a.concurrency"), config.get("aliases.fast")) == (3, "a/b")
    assert config.get("breaker.failures") == 5
    with pytest.raises(InvalidConfigError, match=r"retry\.bases is not set"):
        config.get("retry.bases")
    names = [name for name, _, _ in config.flat()]
    assert {"retry.base", "limits.a.concurrency", "aliases.fast"} <= set(names)


def test_a_projects_file_may_not_set_them(tmp_path: Any) -> None:
    from claif.config.places import is_beyond_projects

    assert all(is_beyond_projects((table, "x", "y")) for table in ("routes", "aliases", "retry", "breaker", "limits"))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    )
)
def test_whatever_is_written_is_read_or_refused(written: Any) -> None:
    for table in (
        {"routes": {"x": written}},
        {"routes": {"x": {"members": written}}},
        {"aliases": written},
        {"limits": {"a": written}},
        {"retry": written},
    ):
        try:
            read(**table)
        except InvalidConfigError:
            continue
