"""What the layers of costs have in common for one client: prices, budgets and the ledger."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import trio
from attrs import evolve

from ..costs.budget import limits_of
from ..costs.dataset import DataSet, is_installed
from ..costs.names import Endpoint
from ..costs.price import Price, cost_of
from ..costs.prices import Prices
from ..logs import logger
from ..models import UsageReport

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from ..config import Config
    from ..config.schema import ProviderSettings
    from ..costs.budget import Limit
    from ..ledger.ledger import Ledger
    from ..pipeline.run import Run
    from ..routing.sharing import Sharing

LOAD_TIMEOUT = 5.0
"""Seconds that a query waits for the data set of prices."""


class Accounts:
    """Knows what calls cost, and what they may.

    Args:
        config: the client's.
        nursery: the client's; the data set of prices is loaded in it.
        sharing: opens what budgets are shared through with other clients; `None` if they are not.

    Attributes:
        ledger: where calls are written down, and what budgets are counted by; `None` if there are none of either.
    """

    def __init__(
        self, config: Config, nursery: trio.Nursery, sharing: Callable[[], Awaitable[Sharing]] | None = None
    ) -> None:
        self._config, self._nursery, self.sharing = config, nursery, sharing
        # The schema takes longer to load than a query to be written down; without a table there is no need for it.
        costs = config.costs if config.cost_tables else None
        self.budget = None if costs is None or not config.cost_tables.get("budget") else costs.budget
        self.prices = Prices({} if costs is None else costs.prices, DataSet() if is_installed() else None)
        self.ledger: Ledger | None = None
        if config.keeps_ledger or self.budget is not None:
            from ..ledger.ledger import KEEP, Ledger

            home = config.home if config.keeps_ledger else None
            share = 1.0 if self.budget is None else self.budget.warn
            keep = KEEP if costs is None else costs.ledger.seconds
            self.ledger = Ledger(home, keep=keep, share=share, clock=time.time)
        self._endpoints: dict[str, Endpoint] = {}
        self._told_soft: set[str] = set()
        self._loaded: trio.Event | None = None

    def endpoint(self, name: str, settings: ProviderSettings, capabilities: Collection[str]) -> Endpoint:
        """What is asked, as far as its prices depend on it."""
        if (found := self._endpoints.get(name)) is None:
            kind, agent = self._config.provider_type(name), "agent" in capabilities
            found = self._endpoints[name] = Endpoint(name, kind, settings.preset, settings.base_url, agent=agent)
        return found

    def asked(self, run: Run) -> Endpoint:
        """What a query is asked of now."""
        capabilities = () if run.member is None else run.member.capabilities
        return self.endpoint(run.provider or "", run.limits, capabilities)

    def models(self, run: Run) -> tuple[str | None, ...]:
        """The model that is asked for, and that which is asked for when nobody names one."""
        usual = None if run.model is not None or run.member is None else run.member.default_model
        return run.model, usual

    def limits(self, run: Run, tag: str | None) -> tuple[Limit, ...]:
        """The budgets that hold for a query as it is asked now."""
        if self.budget is None:
            return ()
        return limits_of(self.budget, provider=run.provider or "", route=run.route, tag=tag)

    def soft(self, run: Run, tag: str | None) -> str | None:
        """What to tell, once, of a provider whose cost is known only afterwards, so that its budgets are soft."""
        name = run.provider or ""
        metered = run.member is not None and "cost_limit" in run.member.capabilities
        if metered or name in self._told_soft or not self.limits(run, tag):
            return None
        self._told_soft.add(name)
        return f"What {name} costs is known only afterwards: a budget is noticed once it is overrun."

    def prepare(self, endpoint: Endpoint, *models: str | None) -> None:
        """Have the data set loaded in the background, if it is needed; the answer takes longer."""
        if self._loaded is None and self.prices.needs_dataset(endpoint, *models):
            self._loaded = trio.Event()
            self._nursery.start_soon(self._load, self._loaded)

    async def price(self, endpoint: Endpoint, *models: str | None) -> Price | None:
        """What a model costs; `None` if that is not known.

        Args:
            endpoint: what is asked.
            models: names of the model, the most exact first.
        """
        if self.prices.needs_dataset(endpoint, *models):
            self.prepare(endpoint, *models)
            if self._loaded is not None:
                with trio.move_on_after(LOAD_TIMEOUT):
                    await self._loaded.wait()
        return self.prices.find(endpoint, *models)

    async def priced(self, event: UsageReport, endpoint: Endpoint, *models: str | None) -> UsageReport:
        """A report of usage with its cost, if the provider has not said what that is and the price is known."""
        price = await self.price(endpoint, *models)
        cost = None if price is None else cost_of(price, event.usage)
        return event if cost is None else UsageReport(evolve(event.usage, cost=cost))

    async def aclose(self) -> None:
        """Write down what is left; bounded."""
        if self.ledger is not None:
            await self.ledger.aclose()

    async def _load(self, loaded: trio.Event) -> None:
        try:
            await trio.to_thread.run_sync(self.prices.load, abandon_on_cancel=True)
        except Exception as error:  # a data set that is broken is none
            logger.warning("the data set of prices cannot be used: {}", type(error).__name__)
        finally:
            loaded.set()
