"""The hook module brings the store that the configuration names, and loads nothing until then."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from claif_memcached.store import MemcachedStore

from claif.api import CacheStore, Client, InvalidConfigError, SharedState

HEAVY = {"trio", "cattrs", "attrs", "ssl", "asyncio", "pymemcache"}


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
    code = "import sys, json; import claif_memcached.hooks; print(json.dumps(list(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert not {name.partition(".")[0] for name in json.loads(run.stdout)} & HEAVY


async def test_the_cache_is_in_the_memcached_that_is_named() -> None:
    tables = {"cache": {"store": "memcached", "url": "memcached://127.0.0.1:7", "timeout": 3}}
    store, shared, warnings = await brought(tables)
    assert type(store) is MemcachedStore
    assert (store._clients.place, store._clients._timeout) == ("memcached://127.0.0.1:7", 0.9 * 3)
    assert (shared, warnings) == (None, [])


async def test_no_limits_are_shared_through_a_memcached() -> None:
    assert (await brought({"shared": {"store": "memcached"}}))[1] is None


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"url": "memcached://example.com"}, "clear text"),
        ({"url": "redis://127.0.0.1"}, "begin with memcached"),
        ({"url": "memcached://:s3cret@127.0.0.1"}, "A password"),
        ({"password": "s3cret"}, "A password"),
    ],
)
async def test_what_cannot_be_used_is_said_without_the_password(table: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidConfigError, match=why) as caught:
        await brought({"cache": {"store": "memcached", **table}})
    assert "s3cret" not in str(caught.value.to_dict())
