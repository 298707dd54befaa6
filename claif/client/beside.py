"""What a router uses beside the providers: the cache, what is shared with other clients, and what knows the costs."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from ..middleware.accounts import Accounts
    from ..middleware.shared_limits import SharedTurnstile
    from ..routing.sharing import Sharing
    from .caching import Caching
    from .route import Router

CLOSING = 10.0
"""Seconds in which everything that is still held must be written and told."""


class Beside:
    """Opens each when it is first needed, and closes all.

    Args:
        router: uses them.
        nursery: the client's; what is opened lives in it.
    """

    def __init__(self, router: Router, nursery: trio.Nursery) -> None:
        self._router, self._nursery = router, nursery
        self._caching: Caching | None = None
        self._sharing: Sharing | None = None
        self._accounts: Accounts | None = None
        self._turnstiles: dict[str, SharedTurnstile] = {}
        self._turn = trio.Lock()

    async def caching(self) -> Caching:
        """The cache.

        Raises:
            ConfigurationError: nobody brings the store that is configured.
        """
        if self._caching is None:
            async with self._turn:
                if self._caching is None:
                    from .cache_opening import open_cache

                    self._caching = await open_cache(self._router, self._nursery)
        return self._caching

    async def sharing(self) -> Sharing:
        """What is shared with other clients.

        Raises:
            ConfigurationError: nobody brings what is configured.
        """
        if self._sharing is None:
            async with self._turn:
                if self._sharing is None:
                    from .sharing_opening import open_sharing

                    router = self._router
                    self._sharing = await open_sharing(router.config, router.plugins, self._nursery)
        return self._sharing

    @property
    def accounts(self) -> Accounts | None:
        """What knows what calls cost; `None` where that can neither be known nor is written down."""
        config = self._router.config
        if self._accounts is None and (
            config.keeps_ledger or config.cost_tables or find_spec("genai_prices") is not None
        ):
            from ..middleware.accounts import Accounts

            sharing = self.sharing if config.shared.store is not None else None
            self._accounts = Accounts(config, self._nursery, sharing)
        return self._accounts

    async def turnstile(self, name: str) -> SharedTurnstile | None:
        """What lets queries in to a provider, as all who share its limits permit.

        Raises:
            ConfigurationError: nobody brings what state is shared through.
        """
        found = self._turnstiles.get(name)
        if found is None:
            from ..config.keep_going import LimitSettings
            from ..middleware.shared_limits import SharedTurnstile

            sharing = await self.sharing()
            settings = self._router.config.routing.limits.get(name) or LimitSettings()
            found = self._turnstiles[name] = SharedTurnstile(name, settings, sharing, self._leave_alone)
        return found

    def tell_others(self, name: str, seconds: float) -> None:
        """Tell those with whom state is shared to leave an endpoint alone for so long; 0 ends it."""
        if self._sharing is not None:
            self._sharing.close_endpoint(name, seconds)

    async def close(self) -> None:
        """Write and tell everything that is still held; bounded."""
        with trio.move_on_after(CLOSING):
            if self._caching is not None:
                await self._caching.close()
            if self._sharing is not None:
                await self._sharing.state.aclose()
        if self._accounts is not None:
            await self._accounts.aclose()

    def _leave_alone(self, name: str, seconds: float) -> None:
        self._router.book.of(name).breaker.leave_alone(trio.current_time() + seconds)
