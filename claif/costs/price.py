"""The price of a model, and what tokens cost by it; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, fields, frozen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..config.cost_schema import PriceSettings
    from ..models import Usage

MILLION = 1_000_000


@frozen
class Rates:
    """US dollars a million tokens.

    Args:
        input: for what is asked.
        output: for what is answered.
        cached: for the part of the input that the provider had in its cache; as the rest of it when `None`.
        reasoning: for the part of the output that is thinking; as the rest of it when `None`.
        cache_write: for the part of the input that the provider put into its cache; as the rest of it when `None`.
        cache_write_1h: for the part of that which it keeps for an hour; as the rest of it when `None`.
    """

    input: float
    output: float
    cached: float | None = None
    reasoning: float | None = None
    cache_write: float | None = None
    cache_write_1h: float | None = None

    @property
    def dearest_input(self) -> float:
        """What a million tokens of input cost at most, whatever the provider does with them."""
        return max(self.input, self.cached or 0.0, self.cache_write or 0.0, self.cache_write_1h or 0.0)

    @property
    def dearest_output(self) -> float:
        """What a million tokens of output cost at most."""
        return max(self.output, self.reasoning or 0.0)


@frozen
class Step:
    """Other rates for all tokens of a call whose input has more than so many tokens."""

    above: int
    rates: Rates


def _descending(steps: Iterable[Step]) -> tuple[Step, ...]:
    return tuple(sorted(steps, key=lambda step: -step.above))


@frozen
class Price:
    """What a model costs.

    Args:
        rates: those of a call of usual length.
        steps: those of longer ones.
        max_output: the most tokens that it answers with, if that is known.
    """

    rates: Rates
    steps: tuple[Step, ...] = field(default=(), converter=_descending)
    max_output: int | None = None

    def rates_of(self, input_tokens: int) -> Rates:
        """The rates of a call with so many tokens of input."""
        return next((step.rates for step in self.steps if input_tokens > step.above), self.rates)

    @property
    def mixed(self) -> float:
        """US dollars a million tokens, to compare models by: of four tokens three are asked, and one is answered."""
        return (3 * self.rates.input + self.rates.output) / 4

    @property
    def free(self) -> bool:
        """Whether no call costs anything."""
        every = (self.rates, *[step.rates for step in self.steps])
        return not any(one.dearest_input or one.dearest_output for one in every)


FREE = Price(Rates(0.0, 0.0))
"""Of what runs on the user's own machine."""


def price_of(settings: PriceSettings) -> Price | None:
    """The price that is configured; `None` if that of the input or the output is not said."""
    if settings.input is None or settings.output is None:
        return None
    named = {each.name: getattr(settings, each.name) for each in fields(Rates)}
    return Price(Rates(**named), max_output=settings.max_output)


def cost_of(price: Price, usage: Usage) -> float | None:
    """The US dollars that tokens cost; `None` if it is not known how many they were.

    A part that is larger than its whole, as some servers count, counts as the whole.
    """
    if price.free:
        return 0.0
    asked, answered = usage.input_tokens, usage.output_tokens
    if asked is None or answered is None:
        return None
    rates = price.rates_of(asked)
    cached = min(usage.cached_tokens or 0, asked)
    written = min(usage.cache_write_tokens or 0, asked - cached)
    for_an_hour = min(usage.cache_write_1h_tokens or 0, written)
    thought = min(usage.reasoning_tokens or 0, answered)
    write = _or(rates.cache_write, rates.input)
    dollars = (
        (asked - cached - written) * rates.input
        + cached * _or(rates.cached, rates.input)
        + (written - for_an_hour) * write
        + for_an_hour * _or(rates.cache_write_1h, write)
        + (answered - thought) * rates.output
        + thought * _or(rates.reasoning, rates.output)
    )
    return dollars / MILLION


def _or(rate: float | None, otherwise: float) -> float:
    return otherwise if rate is None else rate


def worst_cost(price: Price, input_tokens: int, output_tokens: int) -> float:
    """The most US dollars that a call can cost.

    Args:
        price: the model's price.
        input_tokens: the most tokens that it is asked with; it may be fewer, so that every step up to there counts.
        output_tokens: the most tokens that it answers with.
    """
    reached = [price.rates, *[step.rates for step in price.steps if input_tokens > step.above]]
    return max(one.dearest_input * input_tokens + one.dearest_output * output_tokens for one in reached) / MILLION
