"""Routes: who is asked, in which order, after which failures and waits; times are virtual."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

import pytest
import trio
import trio.lowlevel

from claif import Client
from claif.api import (
    AuthenticationError,
    ClaifError,
    ConnectionError,
    ContentFilterError,
    ContextLengthError,
    Emit,
    ImageBlock,
    InvalidQueryError,
    Notice,
    ProviderNotFoundError,
    ProviderRuntimeError,
    Query,
    RateLimitError,
    Started,
    TimeoutError,
)
from claif.testing import FakeProvider
from claif.testing.fake import Pause

from .routes import Steady, routed

pytestmark = pytest.mark.mock_clock

DOWN = ConnectionError("It is down.")
BUSY = ProviderRuntimeError("Busy.", status=503, retryable=True)


def asked(client: Client) -> dict[str, int]:
    return {name: len(fake.queries) for name, fake in client.fakes.items()}


async def test_the_first_that_answers_answers_and_the_reply_tells_who_was_asked() -> None:
    async with routed({"a": [DOWN], "b": ["hello"], "c": ["never"]}) as client:
        reply = await client.query("hi", provider="all")
    assert (reply.text, reply.provider) == ("hello", "b")
    assert [(one.provider, one.error) for one in reply.attempts] == [("a", "ConnectionError"), ("b", None)]
    assert [notice.kind for notice in reply.notices] == ["fallback"]
    assert asked(client) == {"a": 1, "b": 1, "c": 0}


async def test_the_answer_is_begun_once_and_by_who_gives_it() -> None:
    answers = {"a": [[Started("a", "m-a"), DOWN]], "b": [[Started("b", "m-b"), "hello"]]}
    async with routed(answers) as client, client.stream("hi", provider="all") as stream:
        events = [event async for event in stream]
    assert [event.model for event in events if isinstance(event, Started)] == ["m-b"]
    assert isinstance(events[0], Notice)


async def test_nobody_else_is_asked_once_an_answer_has_begun() -> None:
    async with routed({"a": [["half an", DOWN]], "b": ["hello"]}) as client:
        with pytest.raises(ConnectionError) as caught:
            await client.query("hi", provider="all")
    assert caught.value.partial is not None
    assert caught.value.partial.text == "half an"
    assert asked(client) == {"a": 1, "b": 0}


async def test_one_provider_is_asked_again_after_growing_waits() -> None:
    async with routed({"a": [BUSY, BUSY, "hello"]}) as client:
        client._router.rng = Steady()
        start = trio.current_time()
        reply = await client.query("hi", provider="a")
        assert trio.current_time() - start == pytest.approx(0.5 + 1.0)
    assert (reply.text, len(reply.attempts)) == ("hello", 3)
    assert [notice.kind for notice in reply.notices] == ["wait", "wait"]


async def test_retries_end_and_the_last_error_is_raised() -> None:
    async with routed({"a": [BUSY]}, retry={"max_attempts": 4}) as client:
        with pytest.raises(ProviderRuntimeError, match="Busy"):
            await client.query("hi", provider="a")
    assert asked(client) == {"a": 4}


@pytest.mark.parametrize("error", [AuthenticationError("No."), TimeoutError("Late."), ProviderRuntimeError("Bad.")])
async def test_what_would_fail_again_is_not_asked_again_but_others_are(error: ClaifError) -> None:
    async with routed({"a": [error], "b": ["hello"]}) as client:
        with pytest.raises(type(error)):
            await client.query("hi", provider="a")
        assert asked(client) == {"a": 1, "b": 0}
        assert (await client.query("hi", provider="a,b")).text == "hello"


async def test_retry_after_is_obeyed_exactly_and_holds_for_all_queries() -> None:
    async with routed({"a": [RateLimitError("Slow.", retry_after=7.5), "one", "two"]}) as client:
        start = trio.current_time()
        seen: list[float] = []

        async def ask(after: float) -> None:
            await trio.sleep(after)
            await client.query("hi", provider="a")
            seen.append(trio.current_time() - start)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask, 0)
            nursery.start_soon(ask, 3)
    assert seen[0] == pytest.approx(7.5, abs=1e-9)
    assert 7.5 < seen[1] <= 8.5
    assert asked(client) == {"a": 3}


@pytest.mark.parametrize("error", [BUSY, RateLimitError("Slow.", retry_after=5.0)])
async def test_those_that_failed_together_do_not_come_back_together(error: ClaifError) -> None:
    times: list[float] = []

    class Noting(FakeProvider):
        async def query(self, query: Query, emit: Emit) -> None:
            times.append(trio.current_time())
            await trio.lowlevel.checkpoint()
            if len(times) <= 50:
                raise error

    async with routed({"a": ["x"]}, retry={"max_delay": 4.0, "base": 4.0}) as client:
        await client.replace("a", Noting)
        async with trio.open_nursery() as nursery:
            for _ in range(50):
                nursery.start_soon(partial(_ask, client))
    again = sorted(times[50:])
    # Whoever is invited to come back may; otherwise the budget of the endpoint lets ten of them.
    assert len(again) == (50 if error.retry_after else 10)
    assert again[0] >= times[0] + (error.retry_after or 0.0)
    assert len({round(one, 3) for one in again}) >= 0.9 * len(again)


async def _ask(client: Client) -> None:
    with suppress(ClaifError):
        await client.query("hi", provider="a")


async def test_a_wait_that_the_query_has_no_time_for_is_not_begun() -> None:
    async with routed({"a": [RateLimitError("Slow.", retry_after=30)]}) as client:
        start = trio.current_time()
        with pytest.raises(RateLimitError):
            await client.query("hi", provider="a", timeout=20)
        with pytest.raises(RateLimitError) as caught:
            await client.query("hi", provider="a", timeout=20)
        assert trio.current_time() - start == 0
    assert caught.value.retry_after == pytest.approx(30)
    assert asked(client) == {"a": 1}


async def test_a_wait_longer_than_is_borne_is_none() -> None:
    async with routed({"a": [RateLimitError("Slow.", retry_after=61)], "b": ["hello"]}) as client:
        with pytest.raises(RateLimitError):
            await client.query("hi", provider="a")
        assert (await client.query("hi", provider="all")).provider == "b"


async def test_too_long_a_prompt_goes_to_the_fallback_for_it_first() -> None:
    route = {"members": ["a", "b"], "fallbacks": {"context_length": ["large"]}}
    answers = {"a": [ContextLengthError("Too long.")], "b": ["b"], "large": ["large"]}
    async with routed(answers, route=route) as client:
        assert (await client.query("hi", provider="all")).text == "large"
        assert asked(client) == {"a": 1, "b": 0, "large": 1}


async def test_what_one_refuses_is_asked_of_another_only_where_the_user_says_so() -> None:
    answers = {"a": [ContentFilterError("No.")], "b": ["yes"]}
    async with routed(answers) as client:
        with pytest.raises(ContentFilterError):
            await client.query("hi", provider="all")
        assert asked(client) == {"a": 1, "b": 0}
    async with routed(answers, route={"members": ["a"], "fallbacks": {"content_filter": ["b"]}}) as client:
        assert (await client.query("hi", provider="all")).text == "yes"


async def test_an_image_goes_only_to_who_sees() -> None:
    class Blind(FakeProvider):
        capabilities = frozenset({"text"})

    async with routed({"a": ["a"], "b": ["seen"]}) as client:
        await client.replace("a", Blind)
        image = ImageBlock(b"\x89PNG", "image/png")
        reply = await client.query("what is it?", provider="all", attachments=[image])
        assert (reply.text, len(reply.attempts)) == ("seen", 1)
        with pytest.raises(InvalidQueryError, match="images"):
            await client.query("what is it?", provider="a", attachments=[image])


async def test_a_route_asks_only_who_has_what_it_requires() -> None:
    class Plain(FakeProvider):
        capabilities = frozenset({"text"})

    async with routed({"a": ["a"], "b": ["b"]}, route={"requires": ["tools"]}) as client:
        await client.replace("a", Plain)
        assert (await client.query("hi", provider="all")).text == "b"
        await client.replace("b", Plain)
        with pytest.raises(InvalidQueryError, match="lacks what the route requires: tools"):
            await client.query("hi", provider="all")


async def test_who_does_not_begin_in_the_time_that_the_route_gives_is_not_waited_for() -> None:
    answers = {"a": [[Pause(8), "late"]], "b": [[Pause(1), "b", Pause(9), "!"]]}
    async with routed(answers, route={"attempt_timeout": 2}) as client:
        start = trio.current_time()
        reply = await client.query("hi", provider="all")
        assert trio.current_time() - start == pytest.approx(2 + 1 + 9)
        assert (reply.text, [one.error for one in reply.attempts]) == ("b!", ["TimeoutError", None])


async def test_a_route_has_one_deadline_over_all_attempts() -> None:
    answers = {"a": [[Pause(6), DOWN]], "b": [[Pause(6), "late"]]}
    async with routed(answers, route={"deadline": 10}) as client:
        start = trio.current_time()
        with pytest.raises(TimeoutError, match="10 s"):
            await client.query("hi", provider="all")
        assert trio.current_time() - start == pytest.approx(10)


async def test_most_attempts_are_counted_over_all_members() -> None:
    async with routed({"a": [BUSY], "b": [BUSY], "c": ["hello"]}, route={"max_attempts": 2}) as client:
        with pytest.raises(ProviderRuntimeError):
            await client.query("hi", provider="all")
    assert asked(client) == {"a": 1, "b": 1, "c": 0}


async def test_who_fails_again_and_again_is_left_alone_and_then_tried_once() -> None:
    async with routed({"a": [DOWN], "b": ["hello"]}, breaker={"failures": 3, "cool_down": 5}) as client:
        notices = [notice for _ in range(20) for notice in (await client.query("hi", provider="all")).notices]
        assert [notice.kind for notice in notices] == ["fallback", "fallback", "breaker", "fallback"]
        assert asked(client)["a"] == 3
        assert {one.name: one.breaker for one in client.providers()} == {"a": "open", "b": "closed"}
        await trio.sleep(5)
        assert client.providers()[0].breaker == "half-open"
        for _ in range(20):
            assert (await client.query("hi", provider="all")).provider == "b"
        assert asked(client)["a"] == 4


async def test_the_only_provider_is_never_left_alone() -> None:
    async with routed({"a": [*[DOWN] * 10, "hello"]}, retry={"max_attempts": 1}) as client:
        for _ in range(10):
            with pytest.raises(ConnectionError):
                await client.query("hi", provider="a")
        assert (await client.query("hi", provider="a")).text == "hello"


async def test_one_that_is_down_is_asked_little_more_often_than_there_are_queries() -> None:
    async with routed(
        {"a": [BUSY], "b": [BUSY], "c": [BUSY]},
        breaker={"failures": 10**6, "failure_rate": 1.0, "minimum_calls": 10**6},
    ) as client:
        for _ in range(300):
            with pytest.raises(ProviderRuntimeError):
                await client.query("hi", provider="all")
    assert all(count <= 300 * 1.1 + 10 for count in asked(client).values())


async def test_members_take_turns_where_the_route_says_so() -> None:
    async with routed({"a": ["x"], "b": ["x"], "c": ["x"]}, route={"strategy": "round-robin"}) as client:
        asked_in_turn = [(await client.query("hi", provider="all")).provider for _ in range(4)]
    assert asked_in_turn == ["a", "b", "c", "a"]


async def test_the_one_that_is_least_busy_is_asked() -> None:
    answers = {"a": [[Pause(5), "x"]], "b": [[Pause(5), "x"]]}
    async with routed(answers, route={"strategy": "least-busy"}) as client, trio.open_nursery() as nursery:
        for _ in range(10):
            nursery.start_soon(partial(client.query, "hi", provider="all"))
            await trio.testing.wait_all_tasks_blocked()
        assert asked(client) == {"a": 5, "b": 5}


async def test_a_model_is_named_with_its_provider() -> None:
    async with routed({"a": ["x"]}, aliases={"fast": "a/small", "all-fast": "all"}) as client:
        assert (await client.query("hi", provider="fast")).model == "small"
        assert (await client.query("hi", provider="a/large")).model == "large"
        assert (await client.query("hi", provider="all-fast")).provider == "a"
        assert [query.model for query in client.fakes["a"].queries] == ["small", "large", None]


async def test_a_model_may_have_any_name_that_a_query_gives_it() -> None:
    async with routed({"a": ["x"]}) as client:
        for model in ("a model with spaces", "-x", "m" * 300):
            assert (await client.query("hi", provider="a", model=model)).model == model


@pytest.mark.parametrize(
    ("name", "how", "error"),
    [
        ("a,nobody", {}, ProviderNotFoundError),
        ("nobody", {}, ProviderNotFoundError),
        ("a,,b", {}, InvalidQueryError),
        ("all,a", {}, InvalidQueryError),
        ("all", {"model": "m"}, InvalidQueryError),
        ("a,b", {"conversation": "x"}, InvalidQueryError),
    ],
)
async def test_names_that_mean_nobody_are_refused(name: str, how: dict[str, Any], error: type[ClaifError]) -> None:
    async with routed({"a": ["x"], "b": ["y"]}) as client:
        with pytest.raises(error):
            await client.query("hi", provider=name, **how)
        assert asked(client) == {"a": 0, "b": 0}


async def test_a_consumer_that_fails_is_nobodys_failure() -> None:
    async with routed({"a": ["x"], "b": ["y"]}) as client:

        async def emit(_event: object) -> None:
            raise ValueError("mine")

        with pytest.raises(ValueError, match="mine"):
            await client.run(Query("hi", provider="all"), emit)
        assert asked(client) == {"a": 1, "b": 0}


async def test_a_routes_deadline_holds_for_a_query_that_has_none() -> None:
    async with routed({"a": [[Pause(50), "late"]]}, route={"deadline": 5}) as client:
        with pytest.raises(TimeoutError, match="5 s"):
            await client.query("hi", provider="all", timeout=float("inf"))


async def test_a_routes_deadline_does_not_lengthen_that_of_a_query() -> None:
    async with routed({"a": [[Pause(50), "late"]]}, route={"deadline": 9}) as client:
        with pytest.raises(TimeoutError, match="4 s"):
            await client.query("hi", provider="all", timeout=4)
