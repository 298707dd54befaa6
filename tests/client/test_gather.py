"""Many prompts, a few at the same time: order, bounds, failures as values, and an end at every await."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from claif import Client, Outcome
from claif.api import Context, Emit, InvalidQueryError, Provider, ProviderRuntimeError, Query, TextDelta
from claif.client.gather import AHEAD
from claif.plugin.manager import PluginManager

pytestmark = pytest.mark.mock_clock
PATIENT = {"connect_timeout": 1e6, "first_event_timeout": 1e6}


class Counting(Provider):
    """Waits as many seconds as the prompt says, and counts how many it answers at the same time."""

    capabilities = frozenset({"text"})
    running = most = asked = 0

    def __init__(self, context: Context) -> None:
        super().__init__(context)

    async def query(self, query: Query, emit: Emit) -> None:
        kind = type(self)
        kind.asked += 1
        kind.running += 1
        kind.most = max(kind.most, kind.running)
        try:
            seconds, _, what = query.prompt.partition(" ")
            await trio.sleep(float(seconds))
            if what == "fail":
                raise ProviderRuntimeError(query.prompt)
            await emit(TextDelta(query.prompt))
        finally:
            kind.running -= 1


def counting() -> tuple[type[Counting], Client]:
    kind = type("Kind", (Counting,), {"running": 0, "most": 0, "asked": 0})
    config = {"general": {"default_provider": "it", "timeout": 1e6}, "providers": {"it": PATIENT}}
    return kind, Client(config, plugins=PluginManager(), providers={"it": kind})


@settings(max_examples=60, deadline=None)
@given(
    plan=st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=30),
    concurrency=st.integers(1, 6),
    ordered=st.booleans(),
)
def test_every_prompt_has_its_outcome_in_the_order_that_was_wanted(
    plan: list[tuple[int, bool]], concurrency: int, ordered: bool
) -> None:
    prompts = [f"{seconds} {'fail' if fails else 'ok'}" for seconds, fails in plan]
    delivered = taken = 0

    def source() -> Iterator[str]:
        nonlocal taken
        for prompt in prompts:
            taken += 1
            assert taken - delivered <= AHEAD * concurrency + 1
            yield prompt

    async def main() -> None:
        nonlocal delivered
        kind, client = counting()
        outcomes: list[Outcome] = []
        async with client, client.gather(source(), concurrency=concurrency, ordered=ordered) as gathered:
            async for outcome in gathered:
                delivered += 1
                outcomes.append(outcome)
        assert kind.most <= concurrency
        assert kind.running == 0
        indices = [one.index for one in outcomes]
        assert (indices if ordered else sorted(indices)) == list(range(len(prompts)))
        for one in outcomes:
            fails = plan[one.index][1]
            assert one.provider == "it"
            assert one.seconds == plan[one.index][0]
            assert (one.reply is None, one.error is not None) == (fails, fails)
            assert (str(one.error) if one.reply is None else one.reply.text) == prompts[one.index]

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


async def test_as_many_as_allowed_are_asked_at_once() -> None:
    kind, client = counting()
    async with client, client.gather(["1"] * 40, concurrency=10, ordered=False) as gathered:
        began = trio.current_time()
        assert len([outcome async for outcome in gathered]) == 40
        assert trio.current_time() - began == 4
    assert kind.most == 10


async def test_what_completes_first_comes_first_unless_the_order_is_wanted() -> None:
    _, client = counting()
    async with client:
        async with client.gather(["3", "1", "2"], ordered=False) as gathered:
            assert [outcome.index async for outcome in gathered] == [1, 2, 0]
        async with client.gather(["3", "1", "2"]) as gathered:
            assert [outcome.index async for outcome in gathered] == [0, 1, 2]


async def test_no_prompt_is_taken_for_which_there_is_no_room() -> None:
    kind, client = counting()
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            yield "1"

    async with client, client.gather(endless(), concurrency=4) as gathered:
        await trio.sleep(100)
        assert taken <= AHEAD * 4 + 1
        for number in range(1, 6):
            await anext(gathered)
            await trio.sleep(100)
            assert taken <= AHEAD * 4 + 1 + number
    assert kind.running == 0


async def test_a_slow_first_prompt_does_not_let_outcomes_pile_up() -> None:
    kind, client = counting()
    prompts = iter(["1000"] + ["1"] * 10_000)
    async with client, client.gather(prompts, concurrency=3) as gathered:
        await trio.sleep(500)
        assert kind.asked <= AHEAD * 3
        assert [(await anext(gathered)).index for _ in range(3)] == [0, 1, 2]


async def test_what_the_source_raises_comes_after_the_outcomes_before_it() -> None:
    _, client = counting()

    def source() -> Iterator[str]:
        yield "2"
        yield "1 fail"
        raise LookupError("the file has ended")

    seen = []
    async with client:
        with pytest.raises(LookupError, match="has ended"):
            async with client.gather(source(), ordered=False) as gathered:
                async for outcome in gathered:
                    seen.append(outcome.index)
    assert seen == [1, 0]


async def test_a_prompt_that_cannot_be_asked_is_a_failure_of_its_own() -> None:
    _, client = counting()
    prompts = ["0", " ", 7, Query("0", provider="nobody"), Query("0", provider="it")]
    async with client, client.gather(prompts) as gathered:
        outcomes = [outcome async for outcome in gathered]
    assert [type(one.error).__name__ for one in outcomes] == [
        *("NoneType", "InvalidQueryError", "TypeError", "ProviderNotFoundError", "NoneType"),
    ]
    assert [one.provider for one in outcomes] == ["it", None, None, "nobody", "it"]


async def test_leaving_the_block_cancels_what_runs() -> None:
    kind, client = counting()
    async with client:
        async with client.gather(["1", *[str(math.inf)] * 5]) as gathered:
            await anext(gathered)
            assert kind.running == 5
        assert kind.running == 0
        assert not client._running.runs


async def test_the_end_of_the_client_is_raised_and_no_outcome() -> None:
    _, client = counting()
    async with client, client.gather([str(math.inf)]) as gathered:
        await trio.sleep(1)
        await client._running.close()
        with pytest.raises(Exception, match="closed"):
            await anext(gathered)


@pytest.mark.parametrize("concurrency", [0, -1, 1.5, "3", True])
async def test_a_concurrency_that_is_none_is_refused(concurrency: object) -> None:
    _, client = counting()
    async with client:
        with pytest.raises(InvalidQueryError, match="same time"):
            async with client.gather(["1"], concurrency=concurrency):
                pass
        with pytest.raises(TypeError, match="neither"):
            async with client.gather(["1"], colour="red"):
                pass


async def test_an_iterator_of_options_is_used_for_each_prompt() -> None:
    seen = []

    class Noting(Counting):
        async def query(self, query: Query, emit: Emit) -> None:
            seen.append(query.options.stop)
            await emit(TextDelta("x"))

    async with (
        Client({"general": {"default_provider": "it"}}, plugins=PluginManager(), providers={"it": Noting}) as client,
        client.gather(["1", "2"], stop=iter(["END"])) as gathered,
    ):
        assert len([one async for one in gathered]) == 2
    assert seen == [("END",)] * 2
