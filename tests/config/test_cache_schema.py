"""The tables `[cache]` and `[shared]`."""

from __future__ import annotations

from typing import Any

import pytest

from claif.config import ConfigLoader
from claif.config.places import is_beyond_projects
from claif.config.show import show
from claif.errors import InvalidConfigError


def read(**tables: Any) -> Any:
    return ConfigLoader.from_mapping(tables).build()


def test_the_cache_is_off_until_somebody_switches_it_on() -> None:
    cache = read().cache
    assert (cache.mode, cache.store, cache.sampled, cache.single_flight) == ("off", "sqlite", False, True)
    assert (cache.seconds, cache.bytes) == (7 * 86_400, 500_000_000)
    assert read().shared.store is None


def test_what_is_configured_is_read() -> None:
    cache = read(cache={"mode": "read-write", "ttl": "2h", "max_size": "1GiB", "store": "redis"}).cache
    assert (cache.mode, cache.seconds, cache.bytes, cache.store) == ("read-write", 7200, 1024**3, "redis")


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"mode": "on"}, "must be one of off, read-write"),
        ({"ttl": "soon"}, "must be a duration"),
        ({"max_size": "big"}, "must be a size"),
        ({"timeout": 0}, "greater than 0"),
        ({"pace": "slow"}, "must be one of at-once, recorded"),
        ({"modes": "off"}, "no such setting"),
    ],
)
def test_what_is_wrong_is_named(table: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        read(cache=table)
    assert any(says in problem for problem in caught.value.problems), caught.value.problems


def test_addresses_and_passwords_are_never_shown() -> None:
    config = read(
        cache={"url": "redis://:hunter22@host", "password": "hunter22", "salt": "hunter22"},
        shared={"url": "redis://:hunter22@host", "password": "hunter22"},
    )
    assert config.cache.url.reveal() == "redis://:hunter22@host"
    shown = {row.name: row.text for row in show(config)}
    assert shown["cache.url"] == shown["shared.password"] == "********"
    assert "hunter22" not in repr(config) + repr(config.cache) + repr(shown)


def test_a_route_has_its_own_mode() -> None:
    config = read(routes={"safe": {"members": ["a"], "cache": "refresh"}})
    assert config.routing.routes["safe"].cache == "refresh"
    with pytest.raises(InvalidConfigError, match=r"routes\.safe\.cache"):
        read(routes={"safe": {"members": ["a"], "cache": "on"}})


def test_a_projects_file_may_not_set_them() -> None:
    assert is_beyond_projects(("cache", "url"))
    assert is_beyond_projects(("cache", "mode"))
    assert is_beyond_projects(("shared", "store"))
