"""The data set of prices: ours are those that its own package calculates with, and it never asks the network."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import warnings

import pytest
from genai_prices import Usage as TheirUsage
from genai_prices.data import providers

from claif.api import Usage
from claif.costs.dataset import DataSet, is_installed, read_price
from claif.costs.price import cost_of

NOW = dt.datetime(2026, 11, 27, 12, tzinfo=dt.UTC)
USAGES = [
    Usage(1000, 100),
    Usage(150_000, 9000, 100_000, 4000),
    Usage(150_000, 9000, 100_000, 4000, cache_write_tokens=30_000),
    Usage(250_000, 30, 1, 30, cache_write_tokens=200_000, cache_write_1h_tokens=150_000),
    Usage(1_100_000, 0),
    Usage(0, 0),
]
THEIRS = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cached_tokens": "cache_read_tokens",
    "reasoning_tokens": "output_reasoning_tokens",
    "cache_write_tokens": "cache_write_tokens",
    "cache_write_1h_tokens": "cache_write_1h_tokens",
}
"""What Claif counts, and what the package calls it."""


@pytest.fixture(scope="module")
def dataset() -> DataSet:
    found = DataSet(lambda: NOW)
    assert not found.loaded
    found.load()
    assert found.loaded
    return found


@pytest.mark.parametrize("provider", providers, ids=lambda provider: provider.id)
def test_every_price_is_what_the_package_says(provider: object) -> None:
    checked = 0
    for model in provider.models:
        theirs = model.get_prices(NOW)
        ours = read_price(theirs)
        if ours is None:
            continue
        for usage in USAGES:
            parts = {theirs: getattr(usage, ours) for ours, theirs in THEIRS.items()}
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                expected = theirs.calc_price(TheirUsage(**parts))["total_price"]
            assert cost_of(ours, usage) == pytest.approx(float(expected)), (model.id, usage)
            checked += 1
    assert (
        checked
        or provider.id in {"elevenlabs", "voyageai"}
        or all(read_price(model.get_prices(NOW)) is None for model in provider.models)
    )


def test_a_model_is_found_by_the_name_that_answers_have(dataset: DataSet) -> None:
    assert dataset.find("openai", "gpt-5-mini") is not None
    assert dataset.find("openai", "gpt-5-mini-2025-08-07") == dataset.find("openai", "gpt-5-mini")


@pytest.mark.parametrize(("seller", "model"), [("openai", "no-such-model"), ("no-such-seller", "gpt-5-mini")])
def test_what_the_data_set_does_not_know_has_no_price(dataset: DataSet, seller: str, model: str) -> None:
    assert dataset.find(seller, model) is None
    assert dataset.find(seller, model) is None


def test_a_price_that_changes_with_the_time_is_that_of_the_time() -> None:
    times = {
        (provider.id, model.id): model
        for provider in providers
        for model in provider.models
        if isinstance(model.prices, list)
    }
    assert times, "no price changes any more"
    old, new = dt.datetime(2020, 1, 1, tzinfo=dt.UTC), NOW
    changing = [
        (key, model)
        for key, model in times.items()
        if read_price(model.get_prices(old)) != read_price(model.get_prices(new))
    ]
    (seller, _), model = changing[0]
    for now in (old, new):
        dataset = DataSet(lambda now=now: now)
        dataset.load()
        assert dataset.find(seller, model.id) == read_price(model.get_prices(now))


def test_it_is_known_whether_the_package_is_there_without_loading_it() -> None:
    script = (
        "import sys\nfrom claif.costs.dataset import is_installed\n"
        "assert is_installed()\nassert 'genai_prices' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
    assert is_installed()


def test_prices_are_looked_up_without_a_network() -> None:
    script = """
import socket, threading
def refuse(*_):
    raise AssertionError("the network was asked")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
from claif.costs.dataset import DataSet
found = DataSet()
found.load()
assert found.find("anthropic", "claude-sonnet-4-5") is not None
assert threading.active_count() == 1, "something was started"
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
