"""What a model costs: as the user says, or that it is free, or as the data set says."""

from __future__ import annotations

import pytest

from claif.config.cost_schema import PriceSettings
from claif.costs.names import HOSTS, SELLERS, Endpoint
from claif.costs.price import FREE, Price, Rates
from claif.costs.prices import FRESH, Prices


class Shelf:
    """A data set that has what a test puts in it, and counts."""

    def __init__(self, **prices: float) -> None:
        self.prices, self.loaded, self.asked = prices, False, []

    def load(self) -> None:
        self.loaded = True

    def find(self, seller: str, model: str) -> Price | None:
        assert self.loaded
        self.asked.append((seller, model))
        return Price(Rates(self.prices[model], 1)) if model in self.prices else None


def table(**prices: float) -> dict[str, PriceSettings]:
    return {name: PriceSettings(input=price, output=1) for name, price in prices.items()}


OPENAI = Endpoint("openai", "openai")


@pytest.mark.parametrize(
    ("key", "endpoint"),
    [
        ("mine/m", Endpoint("mine", "openai", "groq")),
        ("groq/m", Endpoint("mine", "openai", "groq")),
        ("openai/m", Endpoint("mine", "openai", "groq")),
        ("m", Endpoint("mine", "openai", "groq")),
    ],
)
def test_a_configured_price_is_found_by_name_preset_type_or_model(key: str, endpoint: Endpoint) -> None:
    assert Prices(table(**{key: 7})).find(endpoint, "m") == Price(Rates(7, 1))


def test_the_most_special_configured_price_wins() -> None:
    prices = Prices(table(**{"m": 1, "openai/m": 2, "groq/m": 3, "mine/m": 4}))
    assert prices.find(Endpoint("mine", "openai", "groq"), "m").rates.input == 4
    assert prices.find(Endpoint("other", "openai", "groq"), "m").rates.input == 3
    assert prices.find(OPENAI, "m").rates.input == 2
    assert prices.find(Endpoint("x", "y"), "m").rates.input == 1


def test_a_model_whose_name_has_a_slash_is_found_by_its_whole_name() -> None:
    assert Prices(table(**{"meta/llama": 5})).find(Endpoint("x", "y"), "meta/llama").rates.input == 5


def test_the_user_knows_better_than_the_data_set_by_any_name_of_the_model() -> None:
    shelf = Shelf(**{"m-2026": 9, "m": 8})
    prices = Prices(table(m=1), shelf)
    assert not prices.needs_dataset(OPENAI, "m-2026", "m")
    assert prices.find(OPENAI, "m-2026", "m").rates.input == 1
    assert shelf.asked == []


def test_the_data_set_is_asked_by_the_most_exact_name_first() -> None:
    shelf = Shelf(**{"m-2026": 9, "m": 8})
    prices = Prices({}, shelf)
    assert prices.needs_dataset(OPENAI, "m-2026", "m")
    assert prices.find(OPENAI, "m-2026", "m") is None, "it is not loaded yet"
    prices.load()
    assert not prices.needs_dataset(OPENAI, "m-2026", "m")
    assert prices.find(OPENAI, "m-2026", "m").rates.input == 9
    assert prices.find(OPENAI, None, "m").rates.input == 8


def test_an_incomplete_configured_price_says_nothing() -> None:
    shelf = Shelf(m=8)
    prices = Prices({"m": PriceSettings(input=1)}, shelf)
    prices.load()
    assert prices.find(OPENAI, "m").rates.input == 8


def test_a_price_is_looked_up_once_a_minute() -> None:
    now, shelf = [0.0], Shelf(m=8)
    prices = Prices({}, shelf, lambda: now[0])
    prices.load()
    for seconds in (0, FRESH - 1):
        now[0] = seconds
        prices.find(OPENAI, "m")
    assert len(shelf.asked) == 1
    shelf.prices["m"], now[0] = 9, FRESH
    assert prices.find(OPENAI, "m").rates.input == 9


def test_without_a_data_set_or_a_name_nothing_is_known() -> None:
    assert Prices({}).find(OPENAI, "m") is None
    assert not Prices({}).needs_dataset(OPENAI, "m")
    prices = Prices({}, Shelf(m=8))
    assert not prices.needs_dataset(OPENAI, None)
    assert prices.find(OPENAI, None, None) is None


@pytest.mark.parametrize(
    "endpoint",
    [
        Endpoint("local", "local"),
        Endpoint("mine", "local"),
        Endpoint("ollama", "openai"),
        Endpoint("x", "openai", "vllm"),
    ],
)
def test_what_runs_on_the_own_machine_is_free(endpoint: Endpoint) -> None:
    prices = Prices({}, Shelf(m=8))
    assert not prices.needs_dataset(endpoint, "m")
    assert prices.find(endpoint, "m") is FREE
    assert prices.find(endpoint, None) is FREE
    assert Prices(table(m=3)).find(endpoint, "m").rates.input == 3, "unless the user says otherwise"


def test_models_that_ollama_runs_elsewhere_are_not_free() -> None:
    for model in ("gpt-oss:120b-cloud", "kimi:cloud"):
        assert Prices({}).find(Endpoint("ollama", "openai", "ollama"), model) is None


def test_a_server_at_an_address_of_the_users_is_free_or_not_as_nobody_knows() -> None:
    assert Prices({}).find(Endpoint("ollama", "openai", "ollama", "https://example.org/v1"), "m") is None


@pytest.mark.parametrize(
    ("endpoint", "seller"),
    [
        (Endpoint("openai", "openai"), "openai"),
        (Endpoint("work", "openai"), "openai"),
        (Endpoint("work", "openai", "deepseek"), "deepseek"),
        (Endpoint("mistral", "openai"), "mistral"),
        (Endpoint("work", "openai", None, "https://api.groq.com/openai/v1"), "groq"),
        (Endpoint("openai", "openai", None, "http://127.0.0.1:8080/v1"), None),
        (Endpoint("openai", "openai", "openai", "nonsense"), None),
        (Endpoint("claude", "claude", agent=True), None),
        (Endpoint("anthropic", "anthropic", agent=True), None),
        (Endpoint("ollama", "openai"), None),
        (Endpoint("strange", "strange"), None),
    ],
)
def test_who_sells_the_answers(endpoint: Endpoint, seller: str | None) -> None:
    assert endpoint.seller == seller


def test_the_data_set_knows_everybody_who_sells() -> None:
    from genai_prices.data import providers

    known = {provider.id: provider for provider in providers}
    assert set(SELLERS.values()) | set(HOSTS.values()) <= set(known)


def test_an_agent_named_like_the_embedded_model_is_not_free() -> None:
    assert Prices({}).find(Endpoint("local", "claude", agent=True), "m") is None
