"""Probes: an endpoint that is left alone comes back without a query that tries it; times are virtual."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import trio

from claif.api import ConnectionError, ModelInfo
from claif.testing import FakeProvider

from .routes import routed

pytestmark = pytest.mark.mock_clock

BREAKER = {"failures": 2, "cool_down": 5, "max_cool_down": 20}


class Probed(FakeProvider):
    """Fails, and lists its models, as the test wants; counts both."""

    asked = listed = 0
    down = True
    slow = 0.0

    async def query(self, query: Any, emit: Any) -> None:
        type(self).asked += 1
        if self.down:
            raise ConnectionError("It is down.")
        await super().query(query, emit)

    async def models(self) -> Sequence[ModelInfo]:
        type(self).listed += 1
        await trio.sleep(self.slow)
        if self.down:
            raise ConnectionError("It is down.")
        return []


def probed(**attributes: Any) -> type[Probed]:
    return type("One", (Probed,), attributes)


async def test_one_that_is_back_is_asked_again_without_a_query_that_tries_it() -> None:
    one = probed()
    async with routed({"a": ["x"], "b": ["b"]}, breaker={**BREAKER, "probes": True}) as client:
        await client.replace("a", one)
        for _ in range(3):
            await client.query("hi", provider="all")
        assert (one.asked, one.listed) == (2, 0)
        await trio.sleep(11)
        assert (one.asked, one.listed) == (2, 1)
        assert client.providers()[0].breaker == "open"
        one.down = False
        await trio.sleep(21)
        assert client.providers()[0].breaker == "closed"
        assert (await client.query("hi", provider="all")).provider == "a"
        assert one.asked == 3


async def test_one_that_says_nothing_is_not_back() -> None:
    one = probed(slow=1000.0)
    async with routed({"a": ["x"], "b": ["b"]}, breaker={**BREAKER, "probes": True}) as client:
        await client.replace("a", one)
        for _ in range(3):
            await client.query("hi", provider="all")
        one.down = False
        await trio.sleep(22)
        assert one.listed == 1
        assert client.providers()[0].breaker != "closed"


@pytest.mark.parametrize(
    ("probes", "capabilities"), [(False, frozenset({"text", "models"})), (True, frozenset({"text"}))]
)
async def test_none_is_probed_unless_the_user_wishes_and_it_lists_models(
    probes: bool, capabilities: frozenset[str]
) -> None:
    one = probed(capabilities=capabilities)
    async with routed({"a": ["x"], "b": ["b"]}, breaker={**BREAKER, "probes": probes}) as client:
        await client.replace("a", one)
        for _ in range(3):
            await client.query("hi", provider="all")
        await trio.sleep(100)
        assert one.listed == 0
        assert client.providers()[0].breaker == "half-open"
