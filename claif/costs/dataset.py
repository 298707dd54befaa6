"""The data set of prices that comes with the package `genai-prices`, as prices of ours.

The package is imported when a price is first looked up, which takes a tenth of a second. What it can fetch from the
network it fetches only where `UpdatePrices` is started, which nobody does here: the prices are those that it came with.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from .price import Price, Rates, Step

if TYPE_CHECKING:
    from genai_prices.types import ModelPrice

PACKAGE = "genai_prices"
_FLAT = "requests_kcount"
"""A price for each request, whatever its length, which ours do not know."""


def is_installed() -> bool:
    """Whether there is a data set."""
    return find_spec(PACKAGE) is not None


class DataSet:
    """Looks up prices; `load` first, in a thread.

    Args:
        now: tells the time, for prices that change with it.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._snapshot: Any = None
        self._models: dict[tuple[str, str], Any] = {}

    @property
    def loaded(self) -> bool:
        """Whether it can be asked."""
        return self._snapshot is not None

    def load(self) -> None:
        """Import the package and its data; it takes a tenth of a second."""
        from genai_prices.data_snapshot import get_snapshot

        self._snapshot = get_snapshot()

    def find(self, seller: str, model: str) -> Price | None:
        """The price that a model of a seller has now; `None` if the data set does not know it.

        Args:
            seller: as the data set calls it.
            model: as the seller calls it.
        """
        key = (seller, model)
        if key not in self._models:
            try:
                self._models[key] = self._snapshot.find_provider_model(model, None, seller, None)[1]
            except LookupError:
                self._models[key] = None
        found = self._models[key]
        return None if found is None else read_price(found.get_prices(self._now()))


def read_price(found: ModelPrice) -> Price | None:
    """A price of the data set as one of ours; `None` if it is not one of tokens."""
    parts = {
        name: found.__dict__.get(key)
        for name, key in (
            ("input", "input_mtok"),
            ("output", "output_mtok"),
            ("cached", "cache_read_mtok"),
            ("reasoning", "output_reasoning_mtok"),
            ("cache_write", "cache_write_mtok"),
            ("cache_write_1h", "cache_write_1h_mtok"),
        )
    }
    if parts["input"] is None or parts["output"] is None or found.__dict__.get(_FLAT) is not None:
        return None
    starts = {tier.start for part in parts.values() for tier in getattr(part, "tiers", ())}
    return Price(_rates(parts, 0), [Step(start, _rates(parts, start + 1)) for start in starts])


def _rates(parts: dict[str, Any], input_tokens: int) -> Rates:
    return Rates(**{name: _rate(part, input_tokens) for name, part in parts.items()})


def _rate(part: Any, input_tokens: int) -> Any:
    """A part of a price for a call of so many tokens of input; a step holds for all tokens of a call beyond it."""
    if part is None:
        return None
    reached = [tier.price for tier in getattr(part, "tiers", ()) if input_tokens > tier.start]
    return float(reached[-1] if reached else getattr(part, "base", part))
