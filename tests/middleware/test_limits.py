"""Limits: queries wait their turn, in the order in which they came, and no longer than they may; times are virtual."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from claif import Client
from claif.api import ImageBlock, Message, Query, RateLimitError, Usage, UsageReport
from claif.middleware.limits import estimate
from claif.plugin.manager import PluginManager
from claif.testing import FakeProvider
from claif.testing.fake import Pause

pytestmark = pytest.mark.mock_clock


def limited(limits: dict[str, Any], *answer: Any, **config: Any) -> Client:
    fake = FakeProvider.scripted(list(answer) or ["x"])
    config = {"limits": {"fake": limits}, "providers": {"fake": {"connect_timeout": 1000}}, **config}
    return Client(config, plugins=PluginManager(), providers={"fake": fake, "other": FakeProvider.scripted("other")})


async def times(client: Client, count: int, **how: Any) -> list[float]:
    """When each of so many queries that begin together had been answered, in seconds."""
    start, ends = trio.current_time(), []

    async def ask() -> None:
        await client.query("hi", provider="fake", **how)
        ends.append(trio.current_time() - start)

    async with client, trio.open_nursery() as nursery:
        for _ in range(count):
            nursery.start_soon(ask)
    return ends


async def test_so_many_at_once_and_no_more() -> None:
    ends = await times(limited({"concurrency": 2}, Pause(10), "x"), 6)
    assert ends == [pytest.approx(seconds) for seconds in (10, 10, 20, 20, 30, 30)]


async def test_requests_are_spread_over_the_minute() -> None:
    ends = await times(limited({"requests_per_minute": 60}), 10)
    burst = 3  # a twentieth of sixty
    assert sum(end < 0.5 for end in ends) <= burst
    assert ends[-1] == pytest.approx(10 - burst, abs=1.01)


async def test_tokens_are_settled_by_what_was_used() -> None:
    few = [UsageReport(Usage(1, 1))]
    many = await times(limited({"tokens_per_minute": 6000}, "x"), 5, max_tokens=600)
    less = await times(limited({"tokens_per_minute": 6000}, "x", *few), 5, max_tokens=600)
    assert many[-1] > 4 * 6 - 4
    assert less[-1] < 1


async def test_who_waits_longer_than_allowed_is_told_so_and_another_is_asked() -> None:
    config = {"concurrency": 1, "max_wait": 5}
    async with limited(config, Pause(60), "x") as client, trio.open_nursery() as nursery:
        nursery.start_soon(lambda: client.query("hi", provider="fake"))
        await trio.testing.wait_all_tasks_blocked()
        start = trio.current_time()
        with pytest.raises(RateLimitError, match="within its limits in 5 s"):
            await client.query("hi", provider="fake")
        assert trio.current_time() - start == pytest.approx(5)
        reply = await client.query("hi", provider="fake,other")
        assert reply.text == "other"
        assert [notice.kind for notice in reply.notices] == ["limit", "fallback"]


async def test_a_query_does_not_wait_past_its_deadline() -> None:
    async with limited({"concurrency": 1}, Pause(60), "x") as client, trio.open_nursery() as nursery:
        nursery.start_soon(lambda: client.query("hi", provider="fake"))
        await trio.testing.wait_all_tasks_blocked()
        start = trio.current_time()
        with pytest.raises((RateLimitError, TimeoutError)):
            await client.query("hi", provider="fake", timeout=3)
        assert trio.current_time() - start == pytest.approx(3)


async def test_who_gives_up_holds_nobody_up() -> None:
    async with limited({"concurrency": 1}, Pause(10), "x") as client, trio.open_nursery() as nursery:
        nursery.start_soon(lambda: client.query("hi", provider="fake"))
        await trio.testing.wait_all_tasks_blocked()
        start = trio.current_time()
        scope = trio.CancelScope()

        async def gives_up() -> None:
            with scope:
                await client.query("hi", provider="fake")

        nursery.start_soon(gives_up)
        await trio.testing.wait_all_tasks_blocked()
        ends: list[float] = []

        async def waits() -> None:
            await client.query("hi", provider="fake")
            ends.append(trio.current_time() - start)

        nursery.start_soon(waits)
        await trio.testing.wait_all_tasks_blocked()
        scope.cancel()
    assert ends == [pytest.approx(20)]


async def test_others_are_not_limited() -> None:
    async with limited({"concurrency": 1}, Pause(60), "x") as client, trio.open_nursery() as nursery:
        nursery.start_soon(lambda: client.query("hi", provider="fake"))
        await trio.testing.wait_all_tasks_blocked()
        assert (await client.query("hi", provider="other")).text == "other"
        nursery.cancel_scope.cancel()


def test_tokens_are_estimated_from_the_text_and_the_longest_answer() -> None:
    message = Message.user("x" * 4000)
    assert estimate(Query(message)) == 2000
    assert estimate(Query([message, message])) == 3000
    assert estimate(Query(Message.user([ImageBlock(b"x", "image/png")]))) == 1000
