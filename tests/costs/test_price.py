"""Prices: what tokens cost by them, and what they cost at worst."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.api import Usage
from claif.config.cost_schema import PriceSettings
from claif.costs.price import FREE, Price, Rates, Step, cost_of, price_of, worst_cost

MINI = Price(Rates(0.25, 2.0, 0.025))
LONG = Price(Rates(1.0, 10.0, 0.1), [Step(200_000, Rates(2.0, 15.0, 0.2)), Step(500_000, Rates(4.0, 20.0, 0.4))])

rates = st.builds(
    Rates,
    st.floats(0, 1000),
    st.floats(0, 1000),
    *[st.none() | st.floats(0, 1000)] * 4,
)
steps = st.lists(st.builds(Step, st.integers(1, 5000), rates), max_size=3)
prices = st.builds(Price, rates, steps)
counts = st.integers(0, 10_000)


def test_input_and_output_have_their_own_rates() -> None:
    assert cost_of(MINI, Usage(1_000_000, 500_000)) == pytest.approx(0.25 + 1.0)


def test_cached_tokens_are_part_of_the_input_and_cheaper() -> None:
    assert cost_of(MINI, Usage(1000, 0, cached_tokens=600)) == pytest.approx((400 * 0.25 + 600 * 0.025) / 1e6)


def test_cached_tokens_cost_as_the_rest_where_nothing_else_is_known() -> None:
    assert cost_of(Price(Rates(3.0, 15.0)), Usage(1000, 0, cached_tokens=600)) == pytest.approx(3000 / 1e6)


WRITES = Price(Rates(3.0, 15.0, 0.3, cache_write=3.75, cache_write_1h=6.0))


@pytest.mark.parametrize(
    ("usage", "dollars"),
    [
        (Usage(1000, 0, 500, cache_write_tokens=200), 300 * 3 + 500 * 0.3 + 200 * 3.75),
        (Usage(1000, 0, cache_write_tokens=200, cache_write_1h_tokens=150), 800 * 3 + 50 * 3.75 + 150 * 6),
        (Usage(1000, 0, 900, cache_write_tokens=900, cache_write_1h_tokens=900), 900 * 0.3 + 100 * 6),
    ],
)
def test_what_is_written_to_the_providers_cache_has_rates_of_its_own(usage: Usage, dollars: float) -> None:
    assert cost_of(WRITES, usage) == pytest.approx(dollars / 1e6)


def test_what_is_written_costs_as_the_rest_where_nothing_else_is_known() -> None:
    usage = Usage(1000, 0, cache_write_tokens=300, cache_write_1h_tokens=300)
    assert cost_of(Price(Rates(3.0, 15.0)), usage) == pytest.approx(3000 / 1e6)
    assert cost_of(Price(Rates(3.0, 15.0, cache_write=4.0)), usage) == pytest.approx((700 * 3 + 300 * 4) / 1e6)


def test_reasoning_tokens_are_part_of_the_output_and_counted_once() -> None:
    assert cost_of(MINI, Usage(0, 1000, reasoning_tokens=700)) == pytest.approx(2000 / 1e6)
    dear = Price(Rates(1.0, 2.0, reasoning=10.0))
    assert cost_of(dear, Usage(0, 1000, reasoning_tokens=700)) == pytest.approx((300 * 2 + 700 * 10) / 1e6)


def test_a_part_larger_than_its_whole_counts_as_the_whole() -> None:
    assert cost_of(MINI, Usage(10, 10, cached_tokens=99, reasoning_tokens=99)) == pytest.approx((10 * 0.025 + 20) / 1e6)


@pytest.mark.parametrize("usage", [Usage(), Usage(1, None), Usage(None, 1)])
def test_what_is_not_counted_costs_nobody_knows_what(usage: Usage) -> None:
    assert cost_of(MINI, usage) is None


def test_what_is_free_costs_nothing_however_much_it_was() -> None:
    assert cost_of(FREE, Usage()) == 0
    assert FREE.free
    assert Price(Rates(0, 0, 0, 0)).free
    assert not MINI.free
    assert not Price(Rates(0, 0), [Step(10, Rates(0, 1))]).free
    assert not Price(Rates(0, 0, cached=1)).free
    assert not Price(Rates(0, 0, cache_write_1h=1)).free


@pytest.mark.parametrize(("tokens", "rate"), [(200_000, 1.0), (200_001, 2.0), (500_000, 2.0), (500_001, 4.0)])
def test_a_step_holds_for_all_tokens_of_a_call_beyond_it(tokens: int, rate: float) -> None:
    assert cost_of(LONG, Usage(tokens, 0)) == pytest.approx(tokens * rate / 1e6)


def test_steps_are_in_order_however_they_are_given() -> None:
    backwards = Price(LONG.rates, list(reversed(LONG.steps)))
    assert backwards == LONG
    assert LONG.rates_of(600_000).input == 4.0


def test_the_worst_case_is_known_exactly_where_nothing_is_open() -> None:
    assert worst_cost(MINI, 1000, 200) == pytest.approx((1000 * 0.25 + 200 * 2) / 1e6)
    assert worst_cost(Price(Rates(0.25, 0.5)), 1000, 200) == pytest.approx((1000 * 0.25 + 200 * 0.5) / 1e6)
    assert worst_cost(WRITES, 1000, 200) == pytest.approx((1000 * 6 + 200 * 15) / 1e6)
    assert worst_cost(LONG, 300_000, 0) == pytest.approx(300_000 * 2.0 / 1e6)


def test_the_worst_case_takes_the_dearest_kind_of_token() -> None:
    assert worst_cost(Price(Rates(1.0, 2.0, cached=3.0, reasoning=5.0)), 10, 10) == pytest.approx(80 / 1e6)


usages = st.builds(
    Usage,
    *[counts, counts, counts, counts],
    cache_write_tokens=st.none() | counts,
    cache_write_1h_tokens=st.none() | counts,
)


@given(prices, usages, counts, counts)
def test_nothing_costs_more_than_its_worst_case(price: Price, usage: Usage, more: int, longer: int) -> None:
    cost = cost_of(price, usage)
    assert cost is not None
    assert 0 <= cost <= worst_cost(price, usage.input_tokens + more, usage.output_tokens + longer) * (1 + 1e-9)


def test_a_configured_price_needs_both_of_its_rates() -> None:
    assert price_of(PriceSettings(input=1)) is None
    assert price_of(PriceSettings(output=1)) is None
    found = price_of(PriceSettings(input=1, output=2, cached=0.5, reasoning=3, cache_write=4, max_output=400))
    assert found == Price(Rates(1, 2, 0.5, 3, 4), max_output=400)
