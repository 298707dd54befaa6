"""The promises of a cache store, as tests: subclass `CacheStoreConformance`, and pytest collects them.

Example:
    class TestMine(CacheStoreConformance):
        @asynccontextmanager
        async def store(self):
            async with self.running(MyStore()) as store:
                yield store
"""

from __future__ import annotations

from .cache_listing import Listing
from .cache_locks import Locks
from .cache_rows import Rows

__all__ = ["CacheStoreConformance"]


class CacheStoreConformance(Rows, Listing, Locks):
    """Subclass it, say how your store is made, and run pytest.

    Attributes say what a store cannot do: see `StoreConformance`. Tests that make no sense for it are named in `lacks`
    and are not collected.
    """
