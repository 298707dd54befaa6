"""The hook module: gives Claif the memcached that its configuration names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from claif.api import hookimpl

if TYPE_CHECKING:
    from claif.api import CacheStore, Config

NAME = "memcached"
SHARE = 0.9
"""Of the time that Claif waits: a store that gives up first says why."""


@hookimpl
def claif_cache_store(config: Config) -> CacheStore | None:
    """The cache in a memcached, if `[cache] store` says so."""
    cache = config.cache
    if cache.store != NAME:
        return None
    from .store import MemcachedStore

    return MemcachedStore(cache.url, password=cache.password, timeout=SHARE * cache.timeout)
