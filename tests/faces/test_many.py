"""Several providers and many prompts, asked through the faces."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import trio
from faces.loops import Loop
from faces.support import GUARD, Probe, hang, one_then_hang

import claif
from claif import Outcome
from claif.api import AllFailedError, ClientClosedError, InvalidQueryError, RateLimitError, TextDelta
from claif.plugin.manager import PluginManager
from claif.testing import FakeProvider, Pause


def of(**providers: Any) -> dict[str, Any]:
    """Arguments of a client with these providers, the first of which is the default."""
    config = {"general": {"default_provider": next(iter(providers))}}
    return {"config": config, "plugins": PluginManager(), "providers": providers}


def answering(*answers: object) -> Any:
    return FakeProvider.scripted(*answers)


def two() -> dict[str, Any]:
    return of(a=answering([Pause(0.05), "A"]), b=answering(RateLimitError("Slow down.")))


def check(outcomes: list[Outcome]) -> None:
    assert [(one.provider, one.index) for one in outcomes] == [("b", 0), ("a", 1)]
    assert isinstance(outcomes[0].error, RateLimitError)
    assert outcomes[1].reply is not None
    assert outcomes[1].reply.text == "A"


def test_all_are_asked_from_a_thread() -> None:
    with claif.blocking.Client(**two()) as client:
        check(client.query_all("hi", ["b", "a"]))
        with client.stream_all("hi", ["b", "a"]) as streams:
            seen = list(streams)
        assert streams.outcomes is not None
        check(streams.outcomes)
        assert [(name, item.text) for name, item in seen if isinstance(item, TextDelta)] == [("a", "A")]
        assert client.race("hi", ["b", "a"]).text == "A"
        assert client.query_random("hi", ["a", "b"], choose=random.Random(1).choice).text == "A"
        with pytest.raises(AllFailedError, match="Slow down"):
            client.race("hi", ["b"])
        with pytest.raises(InvalidQueryError, match="twice"):
            client.stream_all("hi", ["b", "b"])


def test_all_are_asked_from_an_event_loop(loop: Loop) -> None:
    async def main() -> None:
        async with claif.aio.Client(**two()) as client:
            check(await client.query_all("hi", ["b", "a"]))
            async with client.stream_all("hi", ["b", "a"]) as streams:
                seen = [one async for one in streams]
            assert streams.outcomes is not None
            check(streams.outcomes)
            assert [(name, item.text) for name, item in seen if isinstance(item, TextDelta)] == [("a", "A")]
            assert (await client.race("hi", ["b", "a"])).text == "A"
            assert (await client.query_random("hi", ["a", "b"], choose=random.Random(1).choice)).text == "A"
            with pytest.raises(AllFailedError, match="Slow down"):
                await client.race("hi", ["b"])
            with pytest.raises(InvalidQueryError, match="twice"):
                async with client.stream_all("hi", ["b", "b"]):
                    pass

    loop.run(main)


def test_leaving_a_block_cancels_all_in_a_thread() -> None:
    probes = {"a": Probe(one_then_hang), "b": Probe(hang)}
    with claif.blocking.Client(**of(**probes)) as client:
        with client.stream_all("hi", ["a", "b"]) as streams:
            for _name, item in streams:
                if isinstance(item, TextDelta):
                    break
            assert probes["b"].reached.wait(GUARD)
        assert all(probe.over.is_set() for probe in probes.values())
        assert [probe.cancelled for probe in probes.values()] == [1, 1]


def test_leaving_a_block_cancels_all_in_an_event_loop(loop: Loop) -> None:
    probe = Probe(hang)

    async def main() -> None:
        async with claif.aio.Client(**of(a=probe)) as client:
            async with client.gather(["x", "y", "z"]) as outcomes:
                assert await asyncio.to_thread(probe.reached.wait, GUARD)
                assert hasattr(outcomes, "__anext__")
            assert probe.running == 0
            assert probe.cancelled >= 1

    loop.run(main)


def numbers(threads: set[int], end: int = 100) -> Iterator[str]:
    for number in range(end):
        threads.add(threading.get_ident())
        yield str(number)


async def echo(query: Any, emit: Any, probe: Probe) -> None:
    await trio.sleep(0.001 * (int(query.prompt) % 3))
    if query.prompt == "13":
        raise RateLimitError("Slow down.")
    await emit(TextDelta(query.prompt))


def check_numbers(outcomes: list[Outcome]) -> None:
    assert [one.index for one in outcomes] == list(range(100))
    assert [one.index for one in outcomes if one.error is not None] == [13]
    assert all(one.reply.text == str(one.index) for one in outcomes if one.reply is not None)


def test_many_prompts_are_asked_from_a_thread_and_taken_in_none_of_the_portals() -> None:
    threads: set[int] = set()
    probe = Probe(echo)
    with claif.blocking.Client(**of(a=probe)) as client:
        with client.gather(numbers(threads), concurrency=5) as outcomes:
            check_numbers(list(outcomes))
        with client.gather(numbers(threads), concurrency=5, ordered=False) as outcomes:
            check_numbers(sorted(outcomes, key=lambda one: one.index))
    assert probe.thread not in threads


def test_the_prompts_may_come_from_the_client_itself() -> None:
    with claif.blocking.Client(**of(a=answering())) as client:
        chained = (client.query(word).text for word in ("one", "two"))
        with client.gather(chained) as outcomes:
            assert [one.reply.text for one in outcomes if one.reply] == ["one", "two"]


def test_many_prompts_are_asked_from_an_event_loop_and_taken_in_its_thread(loop: Loop) -> None:
    threads: set[int] = set()

    async def main() -> None:
        async with (
            claif.aio.Client(**of(a=Probe(echo))) as client,
            client.gather(numbers(threads), concurrency=5) as outcomes,
        ):
            check_numbers([one async for one in outcomes])

    loop.run(main)
    assert threads == {threading.get_ident()}


def test_what_the_source_raises_reaches_the_caller() -> None:
    def source() -> Iterator[str]:
        yield "1"
        raise LookupError("the file has ended")

    with claif.blocking.Client(**of(a=answering())) as client:
        seen = []
        with pytest.raises(LookupError, match="has ended"), client.gather(source()) as outcomes:
            for outcome in outcomes:
                seen.append(outcome.index)
        assert seen == [0]


def test_a_client_that_is_closed_ends_the_iteration() -> None:
    probe = Probe(hang)
    client = claif.blocking.Client(**of(a=probe))
    with client.gather(["x"]) as outcomes:
        assert probe.reached.wait(GUARD)
        client.close()
        with pytest.raises(ClientClosedError):
            next(outcomes)
