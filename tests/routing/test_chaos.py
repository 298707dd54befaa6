"""Three backends of which one dies in each way: queries to the route go on, and the dead one is left alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from routing.backends import Backends, Tally, backends

from claif.testing.faults import BlackHole, Cut, Fault, HalfClose, Latency, Refuse, Reset

pytestmark = pytest.mark.patience(240)

EACH = 1500
"""Queries for each way to die: ten thousand and more in all."""
COOL_DOWN = 0.5
DEATHS: dict[str, list[Fault]] = {
    "refused": [Refuse(), Reset()],
    "reset": [Reset()],
    "reset within": [Reset(after=100)],
    "cut": [Cut(200)],
    "half-closed": [HalfClose()],
    "silent": [BlackHole()],
    "slow": [Latency(60.0)],
}
ROUTE: dict[str, Any] = {"members": ["first", "second", "third"]}
TIMEOUTS: dict[str, Any] = {"silent": {"attempt_timeout": 6.0}, "slow": {"attempt_timeout": 6.0}}
"""Where nothing else tells that it has died; the others are not given up, however busy the machine is."""


@asynccontextmanager
async def dying(fault: list[Fault], **route: Any) -> AsyncIterator[Backends]:
    """Backends of which the first has just begun to die, when it has answered for a while."""
    breaker = {"cool_down": COOL_DOWN, "max_cool_down": COOL_DOWN}
    tables = {"routes": {"all": {**ROUTE, **route}}, "breaker": breaker}
    async with backends(tables) as found:
        await found.ask(50, provider="all")
        assert len(found.servers["first"].requests) == 50
        found.proxies["first"].set(*fault)
        yield found


@pytest.mark.parametrize("death", DEATHS)
async def test_queries_go_on_when_one_of_three_dies(death: str) -> None:
    async with dying(DEATHS[death], **TIMEOUTS.get(death, {})) as found:
        began, before = trio.current_time(), found.proxies["first"].counts.connections
        tally: Tally = await found.ask(EACH, at_once=16, provider="all")
        took = trio.current_time() - began
        assert tally.share >= 0.999, tally.failed
        assert tally.succeeded["first"] <= 16
        # Those that were under way when it died, five in a row that open its breaker, and one probe a cool-down.
        health = found.client._router.book.of("first")
        asked = found.proxies["first"].counts.connections - before
        assert asked <= 2 * 16 + 5 + took / COOL_DOWN + 2
        assert health.breaker.reopens_at is not None
        # From now on it costs the others nothing, but for a probe.
        attempts = [len((await found.client.query("hi", provider="all")).attempts) for _ in range(50)]
        assert sum(attempts) <= 50 + 2


async def test_it_is_asked_again_when_it_is_back() -> None:
    async with dying(DEATHS["refused"]) as found:
        await found.ask(100, provider="all")
        found.proxies["first"].set()
        await trio.sleep(2 * COOL_DOWN)
        tally = await found.ask(100, at_once=4, provider="all")
        assert tally.share == 1.0
        assert tally.succeeded["first"] >= 90


async def test_a_stream_that_has_begun_is_not_begun_again_elsewhere() -> None:
    async with dying([Cut(900)]) as found:
        texts: list[str] = []
        partials: list[str] = []
        for _ in range(200):
            try:
                async with found.client.stream("hi", provider="all") as stream:
                    async for _event in stream:
                        pass
                    texts.append(stream.reply.text)
            except ConnectionError as error:
                partials.append(error.partial.text if error.partial else "")
        assert set(texts) == {"Hello from the scripted server."}
        assert all("Hello from the scripted server.".startswith(partial) for partial in partials)
        assert 1 <= len(partials) <= 10


async def test_all_are_down_and_none_is_asked_much_more_often_than_there_are_queries() -> None:
    async with backends({"routes": {"all": ROUTE}}, error=503) as found:
        count = 400
        tally = await found.ask(count, at_once=16, provider="all")
        assert tally.failed == {"ProviderRuntimeError": count}
        for server in found.servers.values():
            assert len(server.requests) <= 1.1 * count + 10
