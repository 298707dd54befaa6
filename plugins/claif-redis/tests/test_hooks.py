"""The hook module brings the store that the configuration names, and loads nothing until then."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from claif_redis.state import RedisState
from claif_redis.store import RedisStore

from claif.api import CacheStore, Client, InvalidConfigError, SharedState

HEAVY = {"trio", "cattrs", "attrs", "ssl", "asyncio", "coredis", "anyio"}


async def brought(config: dict[str, Any]) -> tuple[Any, Any, list[str]]:
    """The store and the shared state that the installed plugins bring, and what was said about those that failed."""
    async with Client(config) as client:
        plugins = client.plugins
        found = plugins.cache_store(client.config, CacheStore), plugins.shared_state(client.config, SharedState)
        return *found, [message for _, message in plugins.warnings]


async def test_without_being_named_it_brings_nothing() -> None:
    assert (await brought({}))[:2] == (None, None)
    assert (await brought({"cache": {"store": "other"}, "shared": {"store": "other"}}))[:2] == (None, None)


def test_the_hook_module_loads_nothing_heavy() -> None:
    """Everybody waits for it, whether the store is used or not."""
    code = "import sys, json; import claif_redis.hooks; print(json.dumps(list(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert not {name.partition(".")[0] for name in json.loads(run.stdout)} & HEAVY


async def test_the_cache_is_in_the_redis_that_is_named() -> None:
    url = "redis://:s3cret@127.0.0.1:7/1"
    store, shared, warnings = await brought({"cache": {"store": "redis", "url": url, "timeout": 3}})
    assert type(store) is RedisStore
    assert (store._link.place, store._link.timeout, store._rows) == ("redis://127.0.0.1:7/1", 0.9 * 3, "claif:row:")
    assert (shared, warnings) == (None, [])


@pytest.mark.parametrize(
    ("tables", "place"),
    [
        ({"shared": {"store": "redis"}}, "redis://127.0.0.1:6379/0"),
        ({"shared": {"store": "redis"}, "cache": {"url": "redis://127.0.0.1:7"}}, "redis://127.0.0.1:7"),
        (
            {"shared": {"store": "redis", "url": "redis://127.0.0.1:8"}, "cache": {"url": "redis://127.0.0.1:7"}},
            "redis://127.0.0.1:8",
        ),
    ],
)
async def test_limits_are_shared_through_the_redis_that_is_named_or_that_of_the_cache(
    tables: dict[str, Any], place: str
) -> None:
    tables["shared"] |= {"prefix": "team", "timeout": 2}
    store, shared, warnings = await brought(tables)
    assert type(shared) is RedisState
    assert (shared._link.place, shared._link.timeout, shared._prefix) == (place, 0.9 * 2, "team:")
    assert (store, warnings) == (None, [])


async def test_what_is_no_url_is_said_without_the_password() -> None:
    bad = {"store": "redis", "url": "redis://:s3cret@example.com"}
    for tables in ({"cache": bad}, {"shared": bad}):
        with pytest.raises(InvalidConfigError, match="clear text") as caught:
            await brought(tables)
        assert "s3cret" not in str(caught.value.to_dict())
