"""The hook module: gives Claif the Redis that its configuration names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from claif.api import hookimpl

if TYPE_CHECKING:
    from claif.api import CacheStore, Config, SharedState

NAME = "redis"
SHARE = 0.9
"""Of the time that Claif waits: a store that gives up first says why, and gives a dead connection up as well."""


@hookimpl
def claif_cache_store(config: Config) -> CacheStore | None:
    """The cache in a Redis, if `[cache] store` says so."""
    if config.cache.store != NAME:
        return None
    from .store import RedisStore

    cache = config.cache
    return RedisStore(cache.url, password=cache.password, timeout=SHARE * cache.timeout)


@hookimpl
def claif_shared_state(config: Config) -> SharedState | None:
    """Limits and budgets in a Redis, if `[shared] store` says so; in that of the cache if no other is named."""
    if config.shared.store != NAME:
        return None
    from .state import RedisState

    shared = config.shared
    where = shared if shared.url else config.cache
    return RedisState(where.url, password=where.password, prefix=shared.prefix, timeout=SHARE * shared.timeout)
