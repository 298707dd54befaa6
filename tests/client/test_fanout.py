"""One question to several providers: all, the first that answers, or one at random."""

from __future__ import annotations

import math
import pickle
import random
from typing import Any, ClassVar

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from claif import Client, Outcome
from claif.api import (
    AllFailedError,
    ClientClosedError,
    ConfigurationError,
    InvalidQueryError,
    ProviderNotFoundError,
    ProviderRuntimeError,
    ProviderStatus,
    RateLimitError,
    TextDelta,
)
from claif.plugin.manager import PluginManager
from claif.testing import FakeProvider, Pause
from claif.testing.fake import FakeScript

pytestmark = pytest.mark.mock_clock
PATIENT = {"connect_timeout": 1e6, "first_event_timeout": 1e6}


def client(**answers: Any) -> Client:
    """A client whose providers have these names and give these answers."""
    fakes = {name: answer if callable(answer) else FakeProvider.scripted(answer) for name, answer in answers.items()}
    config = {"general": {"timeout": 1e6}, "retry": {"max_attempts": 1}, "providers": dict.fromkeys(fakes, PATIENT)}
    made = Client(config, plugins=PluginManager(), providers=fakes)
    made.fakes = fakes
    return made


def after(seconds: float, what: object) -> list[object]:
    return [Pause(seconds), what]


class Lacking(FakeScript):
    """A provider that is not ready."""

    @staticmethod
    def status(name: str, settings: Any) -> ProviderStatus:
        return ProviderStatus("no key", "it has no key")


class Agent(FakeScript):
    """A provider that works in a directory."""

    capabilities: ClassVar[frozenset[str]] = FakeProvider.capabilities | {"agent"}


async def test_all_are_asked_at_once_and_a_failure_is_a_value() -> None:
    broken = RateLimitError("Slow down.")
    async with client(a=after(3, "A"), b=after(1, broken), c=after(2, "C")) as c:
        began = trio.current_time()
        outcomes = await c.query_all("hi", ["c", "b", "a"], temperature=0.5)
        assert trio.current_time() - began == 3
    assert [(one.provider, one.index, one.seconds) for one in outcomes] == [("c", 0, 2), ("b", 1, 1), ("a", 2, 3)]
    assert [one.reply and one.reply.text for one in outcomes] == ["C", None, "A"]
    assert [one.error for one in outcomes] == [None, broken, None]
    [asked] = c.fakes["a"].queries
    assert (asked.prompt, asked.provider, asked.options.temperature, asked.stream) == ("hi", "a", 0.5, False)


async def test_a_name_that_nobody_has_is_passed_on_and_is_a_failure_of_its_own() -> None:
    async with client(a="A") as c:
        known, unknown = await c.query_all("hi", ["a", "a-route"])
    assert known.reply is not None
    assert isinstance(unknown.error, ProviderNotFoundError)
    assert unknown.provider == "a-route"


async def test_without_names_all_are_asked_that_are_ready_and_no_agents() -> None:
    async with client(b="B", agent=Agent(["x"]), a="A", lacking=Lacking(["x"])) as c:
        assert [one.provider for one in await c.query_all("hi")] == ["a", "b"]
    async with client(lacking=Lacking(["x"])) as c:
        with pytest.raises(ConfigurationError, match="No provider is ready"):
            await c.query_all("hi")


@pytest.mark.parametrize(("names", "says"), [((), "No provider"), (("a", "b", "a"), "a is given twice")])
async def test_names_that_cannot_be_meant_are_refused(names: tuple[str, ...], says: str) -> None:
    async with client(a="A", b="B") as c:
        with pytest.raises(InvalidQueryError, match=says):
            await c.query_all("hi", names)
        assert not c.fakes["a"].queries


async def test_what_nobody_could_answer_is_refused_before_anybody_is_asked() -> None:
    async with client(a="A") as c:
        with pytest.raises(InvalidQueryError, match="empty"):
            await c.query_all(" ", ["a"])
        with pytest.raises(TypeError, match="providers"):
            await c.race("hi", ["a"], provider="a")


async def test_fifty_take_as_long_as_the_slowest() -> None:
    seconds = {f"p{number}": 1 + number / 10 for number in range(50)}
    async with client(**{name: after(time, name) for name, time in seconds.items()}) as c:
        began = trio.current_time()
        outcomes = await c.query_all("hi", list(seconds))
        assert trio.current_time() - began == max(seconds.values())
    assert [one.reply.text for one in outcomes if one.reply] == list(seconds)


@settings(max_examples=60, deadline=None)
@given(
    plan=st.lists(st.tuples(st.integers(0, 20), st.sampled_from(["answer", "fail", "crash"])), min_size=1, max_size=8),
    order=st.randoms(use_true_random=False),
)
def test_outcomes_are_what_the_plan_says_in_the_order_that_was_asked_for(
    plan: list[tuple[int, str]], order: random.Random
) -> None:
    ends = {"answer": "yes", "fail": ProviderRuntimeError("no"), "crash": ZeroDivisionError("oh")}
    names = [f"p{number}" for number in range(len(plan))]
    asked = names.copy()
    order.shuffle(asked)

    async def main() -> None:
        answers = {name: after(time, ends[kind]) for name, (time, kind) in zip(names, plan, strict=True)}
        async with client(**answers) as c:
            outcomes = await c.query_all("hi", asked)
            with trio.fail_after(100):
                try:
                    winner: str | None = (await c.race("hi", asked)).provider
                except AllFailedError as error:
                    winner, failed = None, list(error.errors)
        assert [one.provider for one in outcomes] == asked
        kinds = dict(zip(names, plan, strict=True))
        for one in outcomes:
            time, kind = kinds[one.provider or ""]
            assert one.seconds == time
            assert (one.reply is not None, one.error is not None) == (kind == "answer", kind != "answer")
        good = [time for time, kind in plan if kind == "answer"]
        assert (winner is None) == (not good)
        if winner is None:
            assert failed == asked
        else:
            assert kinds[winner] == (min(good), "answer")

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


async def test_the_events_come_with_whose_they_are_and_each_ends_with_its_outcome() -> None:
    answers = {"a": ["1", Pause(2), "3"], "b": [Pause(1), "2", ProviderRuntimeError("no")]}
    async with client(**answers) as c, c.stream_all("hi", ["b", "a"]) as streams:
        seen = [(name, item) async for name, item in streams]
    told = [(name, item.text) for name, item in seen if isinstance(item, TextDelta)]
    assert told == [("a", "1"), ("b", "2"), ("a", "3")]
    ends = [(name, item) for name, item in seen if isinstance(item, Outcome)]
    assert [name for name, _ in ends] == ["b", "a"]
    assert streams.outcomes == [ends[0][1], ends[1][1]]
    for name in "ab":
        assert isinstance([item for whose, item in seen if whose == name][-1], Outcome)


async def test_leaving_the_block_cancels_all() -> None:
    async with client(a=["first", Pause(math.inf)], b=after(math.inf, "b")) as c:
        async with c.stream_all("hi", ["a", "b"]) as streams:
            async for _name, item in streams:
                if isinstance(item, TextDelta):
                    break
        assert not c._running.runs
        assert streams.outcomes is None


async def test_a_slow_consumer_makes_all_wait() -> None:
    sent = 0

    class Endless(FakeScript):
        def next_answer(self, query: Any) -> Any:
            def answer() -> Any:
                nonlocal sent
                while True:
                    sent += 1
                    yield "x"

            return answer()

    async with client(a=Endless(()), b=Endless(())) as c, c.stream_all("hi", ["a", "b"]):
        await trio.sleep(10)
        assert sent < 100


async def test_a_client_that_is_closed_is_no_outcome() -> None:
    async with client(a=after(math.inf, "A")) as c, trio.open_nursery() as nursery:

        @nursery.start_soon
        async def ask() -> None:
            with pytest.raises(ClientClosedError):
                await c.query_all("hi", ["a"])

        await trio.sleep(1)
        await c._running.close()


async def test_the_first_answer_wins_and_the_others_are_cancelled_at_once() -> None:
    failing = ProviderRuntimeError("no")
    async with client(slow=after(math.inf, "never"), quick=after(2, "quick"), broken=after(1, failing)) as c:
        began = trio.current_time()
        reply = await c.race("hi", ["slow", "broken", "quick"])
        assert trio.current_time() - began == 2
        assert not c._running.runs
    assert (reply.text, reply.provider) == ("quick", "quick")


async def test_when_all_fail_the_error_has_each() -> None:
    errors = {"a": RateLimitError("Slow down.", retry_after=3), "b": ZeroDivisionError("division")}
    async with client(a=after(2, errors["a"]), b=after(1, errors["b"])) as c:
        with pytest.raises(AllFailedError) as caught:
            await c.race("hi", ["a", "b"])
    error = caught.value
    assert list(error.errors) == ["a", "b"]
    assert error.errors["a"] is errors["a"]
    assert isinstance(error.errors["b"], ProviderRuntimeError)
    assert "a: Slow down." in error.message
    assert error.retryable
    told = error.to_dict()["errors"]
    assert told["a"]["error"] == "RateLimitError"
    assert told["b"]["error"] == "ProviderRuntimeError"
    again = pickle.loads(pickle.dumps(error))
    assert again.to_dict() == error.to_dict()


def test_an_error_that_is_not_claifs_is_told_too() -> None:
    error = AllFailedError("no", errors={"x": ValueError("what")})
    assert error.to_dict()["errors"] == {
        "x": {"type": "error", "error": "ValueError", "message": "what", "retryable": False, "exit_code": 1}
    }
    assert not error.retryable


async def test_cancelling_a_race_cancels_all() -> None:
    async with client(a=after(math.inf, "A"), b=after(math.inf, "B")) as c:
        with trio.move_on_after(1) as scope:
            await c.race("hi", ["a", "b"])
        assert scope.cancelled_caught
        assert not c._running.runs


async def test_one_is_asked_at_random_and_a_seed_says_which() -> None:
    async with client(a="A", b="B", agent=Agent(["x"]), lacking=Lacking(["x"])) as c:
        seen = {(await c.query_random("hi", choose=random.Random(seed).choice)).text for seed in range(20)}
        assert seen == {"A", "B"}
        first = [(await c.query_random("hi", choose=random.Random(7).choice)).text for _ in range(5)]
        assert len(set(first)) == 1
        assert (await c.query_random("hi", ["agent", "lacking"])).text == "x"
        assert c.fakes["agent"].queries
        assert not c.fakes["lacking"].queries


async def test_the_one_that_fails_is_the_only_one_that_is_asked() -> None:
    async with client(a=ProviderRuntimeError("no"), b="B") as c:
        with pytest.raises(ProviderRuntimeError):
            await c.query_random("hi", choose=lambda names: names[0])
        assert not c.fakes["b"].queries


async def test_of_several_that_are_not_ready_one_says_what_it_lacks() -> None:
    async with client(lacking=Lacking(["x"])) as c:
        assert (await c.query_random("hi", ["lacking"])).text == "x"
