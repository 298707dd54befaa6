"""Opening the cache that is configured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import trio

from ..cache.salt import salt_of
from ..cache.store import CacheStore
from ..errors import ConfigurationError
from .caching import Caching

if TYPE_CHECKING:
    from ..config import Config
    from ..plugin.manager import PluginManager
    from .route import Router


async def open_cache(router: Router, nursery: trio.Nursery) -> Caching:
    """The cache of a client; its store is open as long as the nursery is.

    Raises:
        ConfigurationError: nobody has the store that is configured, or there is no salt.
    """
    config = router.config
    store = make_store(config, router.plugins)
    if config.cache.salt is not None and not config.cache.salt.pending:
        salt = salt_of(Path(config.home), config.cache.salt)
    else:
        salt = await trio.to_thread.run_sync(salt_of, Path(config.home), config.cache.salt)
    await nursery.start(store.run)
    caching = Caching(router, store, config.cache, salt, nursery)
    nursery.start_soon(caching.keeper.run)
    nursery.start_soon(caching.keep_locks)
    return caching


def make_store(config: Config, plugins: PluginManager) -> CacheStore:
    """The store that is configured; nothing is opened yet.

    Raises:
        ConfigurationError: nobody has a store of this name.
    """
    settings = config.cache
    if settings.store == "memory":
        from ..cache.memory import MemoryStore

        return MemoryStore(settings.bytes)
    if settings.store == "sqlite":
        from ..cache.sqlite import FILE_NAME, SqliteStore

        return SqliteStore(Path(config.home) / FILE_NAME, settings.bytes)
    store = plugins.cache_store(config, CacheStore)
    if store is None:
        raise ConfigurationError(
            f"There is no store {settings.store} for cached answers.",
            hint=f"Install what brings it (pip install claif-{settings.store}), or set cache.store to sqlite.",
        )
    return store
