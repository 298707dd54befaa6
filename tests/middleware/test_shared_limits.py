"""Limits that several clients share; times are virtual."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from middleware.shared import Brings, MemoryState

from claif import Client
from claif.api import ConnectionError, RateLimitError, Reply, Usage, UsageReport
from claif.errors import ConfigurationError
from claif.plugin.manager import PluginManager
from claif.routing.resting import PAUSE
from claif.testing import FakeProvider
from claif.testing.fake import Pause

pytestmark = pytest.mark.mock_clock


def sharing(state: MemoryState, limits: dict[str, Any], *answer: Any, **config: Any) -> Client:
    plugins = PluginManager()
    plugins.register(Brings(state), "its-state")
    given = config.pop("given", {"fake": FakeProvider.scripted(list(answer) or ["x"])})
    given.setdefault("other", FakeProvider.scripted("other"))
    tables = {"limits": {"fake": limits}, "shared": {"store": "mine"}, **config}
    tables.setdefault("providers", {"fake": {"connect_timeout": 1000}})
    return Client(tables, plugins=plugins, providers=given)


async def times(clients: list[Client], each: int, **how: Any) -> list[float]:
    """When each query had been answered, in seconds since all began together."""
    start, ends = trio.current_time(), []

    async def ask(client: Client) -> None:
        await client.query("hi", provider="fake", **how)
        ends.append(trio.current_time() - start)

    async def all_of(client: Client) -> None:
        async with client, trio.open_nursery() as nursery:
            for _ in range(each):
                nursery.start_soon(ask, client)

    async with trio.open_nursery() as nursery:
        for client in clients:
            nursery.start_soon(all_of, client)
    return sorted(ends)


async def test_clients_share_how_many_are_asked_at_once() -> None:
    state = MemoryState()
    ends = await times([sharing(state, {"concurrency": 2}, Pause(10), "x") for _ in range(3)], 2)
    for end, least in zip(ends, (10, 10, 20, 20, 30, 30), strict=True):
        assert least <= end < least + 2


async def test_clients_share_their_requests() -> None:
    state = MemoryState()
    ends = await times([sharing(state, {"requests_per_minute": 60, "max_wait": 600}) for _ in range(4)], 10)
    for window in range(40):
        assert sum(window <= end < window + 10 for end in ends) <= 10 + 3
    assert 36 <= ends[-1] < 45


async def test_a_query_that_need_not_wait_costs_one_round_trip() -> None:
    state = MemoryState()
    async with sharing(state, {"requests_per_minute": 6000, "tokens_per_minute": 10**6, "concurrency": 9}) as client:
        for _ in range(5):
            await client.query("hi", provider="fake", max_tokens=10)
    assert state.takes == 5
    assert len(state.settled) == 5


async def test_tokens_are_settled_by_what_was_used() -> None:
    few = [UsageReport(Usage(1, 1))]
    many = await times([sharing(MemoryState(), {"tokens_per_minute": 6000}, "x")], 5, max_tokens=600)
    less = await times([sharing(MemoryState(), {"tokens_per_minute": 6000}, "x", *few)], 5, max_tokens=600)
    assert many[-1] > 4 * 6 - 4
    assert less[-1] < 1


async def test_those_of_one_client_come_in_the_order_in_which_they_asked() -> None:
    state, order = MemoryState(), []

    async def ask(client: Client, number: int) -> None:
        await client.query("hi", provider="fake")
        order.append(number)

    async with sharing(state, {"concurrency": 1}, Pause(1), "x") as client, trio.open_nursery() as nursery:
        for number in range(6):
            nursery.start_soon(ask, client, number)
            await trio.sleep(0.01)
    assert order == list(range(6))


async def test_who_would_wait_too_long_is_told_at_once_and_another_is_asked() -> None:
    state = MemoryState()
    async with sharing(state, {"requests_per_minute": 2, "max_wait": 5}) as client:
        await client.query("hi", provider="fake")
        start = trio.current_time()
        with pytest.raises(RateLimitError, match="within its limits"):
            await client.query("hi", provider="fake")
        assert trio.current_time() == start
        assert (await client.query("hi", provider="fake,other")).text == "other"


async def test_who_waits_for_a_place_waits_no_longer_than_allowed() -> None:
    state = MemoryState()
    async with (
        sharing(state, {"concurrency": 1, "max_wait": 5}, Pause(60), "x") as client,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(lambda: client.query("hi", provider="fake"))
        await trio.sleep(1)
        start = trio.current_time()
        with pytest.raises(RateLimitError):
            await client.query("hi", provider="fake")
        assert trio.current_time() - start == pytest.approx(5)


async def test_a_cancelled_query_gives_its_place_back() -> None:
    state = MemoryState()
    async with sharing(state, {"concurrency": 1}, Pause(60), "x") as client:
        for _ in range(3):
            with trio.move_on_after(1):
                await client.query("hi", provider="fake")
    assert len(state.settled) == 3


async def test_a_place_is_leased_no_longer_than_the_query_may_take() -> None:
    state, claims = MemoryState(), []
    take = state.take

    async def watched(claim: Any) -> Any:
        claims.append(claim)
        return await take(claim)

    state.take = watched  # type: ignore[method-assign]
    async with sharing(state, {"concurrency": 1}) as client:
        await client.query("hi", provider="fake", timeout=30)
        await client.query("hi", provider="fake")
    assert [round(claim.place.lease) for claim in claims] == [35, 605]
    assert len({claim.place.holder for claim in claims}) == 2


async def test_without_the_server_each_keeps_to_its_own_limits_and_says_so_once() -> None:
    state = MemoryState()
    state.down = True
    async with sharing(state, {"concurrency": 1}, Pause(1), "x") as client:
        replies = [await client.query("hi", provider="fake") for _ in range(3)]
    kinds = [[notice.text for notice in reply.notices] for reply in replies]
    assert kinds == [["The shared limits cannot be reached; this client keeps to its own meanwhile."], [], []]
    assert state.takes == 1


async def test_a_frozen_server_delays_one_query_by_its_small_deadline() -> None:
    state = MemoryState()
    state.slow = 3600
    async with sharing(state, {"concurrency": 5}, shared={"store": "mine", "timeout": 0.5}) as client:
        start = trio.current_time()
        await client.query("hi", provider="fake")
        assert trio.current_time() - start == pytest.approx(0.5)
        await client.query("hi", provider="fake")
        assert trio.current_time() - start == pytest.approx(0.5)


async def test_when_the_server_returns_it_is_used_again() -> None:
    state = MemoryState()
    state.down = True
    async with sharing(state, {"concurrency": 50}) as client:
        await client.query("hi", provider="fake")
        await trio.sleep(PAUSE)
        state.down, state.slow = False, 0.1
        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(lambda: client.query("hi", provider="fake"))
        assert state.takes == 1 + 20


async def test_what_one_client_finds_broken_the_others_leave_alone() -> None:
    state = MemoryState()
    broken = FakeProvider.scripted(ConnectionError("refused"))
    config = {"breaker": {"failures": 2, "cool_down": 30}, "retry": {"max_attempts": 1}}
    first, second = [sharing(state, {}, given={"fake": broken}, **config) for _ in range(2)]
    async with first, second:
        for _ in range(2):
            assert (await first.query("hi", provider="fake,other")).text == "other"
        asked = len(broken.queries)
        for _ in range(3):
            assert (await second.query("hi", provider="fake,other")).text == "other"
        assert len(broken.queries) == asked
        assert {member.name: member.breaker for member in second.providers()}["fake"] == "open"
        with pytest.raises(ConnectionError, match="refused"):
            await second.query("hi", provider="fake")
        assert len(broken.queries) == asked + 1, "the only one is asked all the same"


async def test_what_works_again_is_told_too() -> None:
    state = MemoryState()
    fake = FakeProvider.scripted(ConnectionError("refused"), ConnectionError("refused"), "well")
    config = {"breaker": {"failures": 2, "cool_down": 5}, "retry": {"max_attempts": 1}}
    async with sharing(state, {}, given={"fake": fake}, **config) as client:
        for _ in range(2):
            await client.query("hi", provider="fake,other")
        assert "fake" in state.closed
        await trio.sleep(6)
        assert (await client.query("hi", provider="fake,other")).text == "well"
        assert "fake" not in state.closed


async def test_one_without_limits_is_not_limited() -> None:
    state = MemoryState()
    async with sharing(state, {"concurrency": 1}) as client:
        reply: Reply = await client.query("hi", provider="other")
    assert reply.text == "other"
    assert state.settled[0].claim.rates == ()
    assert state.settled[0].claim.place is None


async def test_what_nobody_brings_is_named() -> None:
    async with Client({"shared": {"store": "nosuch"}}, providers={"fake": FakeProvider}) as client:
        with pytest.raises(ConfigurationError, match="through nosuch"):
            await client.query("hi", provider="fake")
