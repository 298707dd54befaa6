"""Hedging: another member is asked when one takes long, the first to begin its answer wins; times are virtual."""

from __future__ import annotations

import pytest
import trio

from claif import Client
from claif.api import ConnectionError, Started, TextDelta
from claif.testing.fake import Pause

from .routes import routed

pytestmark = pytest.mark.mock_clock

HEDGE = {"hedge_after": 1}
DOWN = ConnectionError("It is down.")


def asked(client: Client) -> list[int]:
    return [len(fake.queries) for fake in client.fakes.values()]


async def test_the_second_answers_when_the_first_takes_long() -> None:
    async with routed(
        {"a": [[Pause(60), "late"]], "b": [[Started("b", "m-b"), Pause(1), "so", "on"]]}, route=HEDGE
    ) as client:
        start = trio.current_time()
        async with client.stream("hi", provider="all") as stream:
            events = [event async for event in stream]
            reply = stream.reply
        assert trio.current_time() - start == pytest.approx(2)
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["so", "on"]
    assert (reply.provider, reply.text) == ("b", "soon")
    assert [(one.provider, one.error) for one in reply.attempts] == [("a", "Cancelled"), ("b", None)]
    assert [notice.kind for notice in reply.notices] == ["hedge"]


async def test_the_first_wins_if_it_begins_before_the_second() -> None:
    async with routed({"a": [[Pause(2), "first", Pause(9), "!"]], "b": [[Pause(3), "second"]]}, route=HEDGE) as client:
        start = trio.current_time()
        reply = await client.query("hi", provider="all")
        assert trio.current_time() - start == pytest.approx(11)
    assert (reply.text, reply.provider) == ("first!", "a")


async def test_who_is_in_time_is_not_hedged() -> None:
    async with routed({"a": [[Pause(0.5), "x", Pause(5), "y"]], "b": ["z"]}, route=HEDGE) as client:
        assert (await client.query("hi", provider="all")).text == "xy"
        assert asked(client) == [1, 0]


async def test_a_failure_before_the_time_goes_on_as_without_hedging() -> None:
    async with routed({"a": [DOWN], "b": ["z"]}, route=HEDGE) as client:
        start = trio.current_time()
        assert (await client.query("hi", provider="all")).text == "z"
        assert trio.current_time() - start < 1


async def test_the_first_fails_while_the_second_is_asked() -> None:
    async with routed({"a": [[Pause(2), DOWN]], "b": [[Pause(5), "z"]]}, route=HEDGE) as client:
        assert (await client.query("hi", provider="all")).text == "z"
        assert asked(client) == [1, 1]


async def test_both_fail_and_the_third_is_asked() -> None:
    answers = {"a": [[Pause(2), DOWN]], "b": [[Pause(5), DOWN]], "c": ["z"]}
    async with routed(answers, route=HEDGE) as client:
        assert (await client.query("hi", provider="all")).text == "z"
        assert asked(client) == [1, 1, 1]


async def test_the_winner_fails_in_its_answer_and_nobody_else_is_asked() -> None:
    async with routed({"a": [Pause(60)], "b": [["half", DOWN]], "c": ["z"]}, route=HEDGE) as client:
        with pytest.raises(ConnectionError) as caught:
            await client.query("hi", provider="all")
        assert caught.value.partial is not None
        assert caught.value.partial.text == "half"
        assert asked(client) == [1, 1, 0]


async def test_only_a_share_of_the_queries_is_hedged() -> None:
    async with routed({"a": [[Pause(3), "x"]], "b": [[Pause(9), "y"]]}, route=HEDGE) as client:
        for _ in range(100):
            await client.query("hi", provider="all")
        assert 4 <= asked(client)[1] <= 6


async def test_a_percentile_is_of_the_members_own_latency() -> None:
    answers = {"a": [*[[Pause(2), "x"]] * 2, *[[Pause(1), "x"]] * 28, [Pause(50), "late"]], "b": ["y"]}
    async with routed(answers, route={"hedge_after": "p95"}) as client:
        for _ in range(30):
            await client.query("hi", provider="all")
        assert asked(client) == [30, 0]
        start = trio.current_time()
        assert (await client.query("hi", provider="all")).text == "y"
        assert trio.current_time() - start == pytest.approx(2)


@pytest.mark.parametrize("seconds", [0.5, 1.0, 1.5, 2.5])
async def test_a_cancelled_query_cancels_all_that_were_asked(seconds: float) -> None:
    async with routed({"a": [Pause(60)], "b": [[Pause(1), "half", Pause(60)]]}, route=HEDGE) as client:
        with trio.move_on_after(seconds) as scope:
            await client.query("hi", provider="all")
        assert scope.cancelled_caught
        health = client._router.book.known()
        assert [one.in_flight for one in health.values()] == [0] * len(health)
