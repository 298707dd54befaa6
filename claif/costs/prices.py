"""What a model costs: as the user says, or else as the data set of prices does."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from .price import FREE, Price, price_of

if TYPE_CHECKING:
    from ..config.cost_schema import PriceSettings
    from .dataset import DataSet
    from .names import Endpoint

FRESH = 60.0
"""Seconds for which a price of the data set is used without another look: some change with the hour."""
MOST = 1000
"""Prices that are remembered."""
_IN_A_CLOUD = ("-cloud", ":cloud")
"""How the names of models end that Ollama does not run itself."""


class Prices:
    """Knows what models cost.

    Args:
        configured: the tables `[prices.NAME]`.
        dataset: the data set; `None` if there is none.
        clock: seconds, by which prices grow old.
    """

    def __init__(
        self,
        configured: Mapping[str, PriceSettings],
        dataset: DataSet | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._configured = {name: price_of(settings) for name, settings in configured.items()}
        self._dataset = dataset
        self._clock = clock
        self._known: dict[tuple[Endpoint, tuple[str | None, ...]], Price | None] = {}
        self._began = clock()

    def needs_dataset(self, endpoint: Endpoint, *models: str | None) -> bool:
        """Whether a price cannot be told before the data set is loaded; arguments as for `find`."""
        if self._dataset is None or self._dataset.loaded or endpoint.seller is None:
            return False
        return any(models) and self._own(endpoint, models) is None

    def load(self) -> None:
        """Load the data set, in a thread; see `DataSet.load`."""
        if self._dataset is not None:
            self._dataset.load()
            self._known.clear()

    def find(self, endpoint: Endpoint, *models: str | None) -> Price | None:
        """What a model costs; `None` if that is not known.

        Args:
            endpoint: what is asked.
            models: names of the model, the most exact first: as it answers, as it was asked for; `None` is passed over.
        """
        now = self._clock()
        if now - self._began >= FRESH or len(self._known) >= MOST:
            self._known.clear()
            self._began = now
        key = (endpoint, models)
        if key not in self._known:
            self._known[key] = self._find(endpoint, models)
        return self._known[key]

    def _find(self, endpoint: Endpoint, models: Sequence[str | None]) -> Price | None:
        price = self._own(endpoint, models)
        if price is not None or self._dataset is None or not self._dataset.loaded or endpoint.seller is None:
            return price
        found = [self._dataset.find(endpoint.seller, model) for model in models if model]
        return next((one for one in found if one is not None), None)

    def _own(self, endpoint: Endpoint, models: Sequence[str | None]) -> Price | None:
        """What needs no data set: what is configured, or that nobody sends a bill."""
        for model in models:
            for key in endpoint.keys(model) if model else ():
                if (price := self._configured.get(key)) is not None:
                    return price
        elsewhere = any(model.endswith(_IN_A_CLOUD) for model in models if model)
        return FREE if endpoint.on_own_machine and not elsewhere else None
