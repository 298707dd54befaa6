"""The asyncio face, under the event loop of the standard library and under uvloop."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar

import pytest
import trio
from faces.loops import Loop
from faces.support import GUARD, Probe, answering, endless, given, hang

from claif.aio import Client
from claif.api import ClientClosedError, Emit, InvalidConfigError, Query, RateLimitError, TextDelta, TimeoutError
from claif.pipeline.edge import LIMIT
from claif.testing import FakeProvider


def test_a_query_a_stream_and_what_is_there(loop: Loop) -> None:
    async def main() -> None:
        fake = FakeProvider.scripted(["a", "b"], models=["m-1"])
        async with Client(**given(fake)) as client:
            assert (await client.query("hi")).text == "ab"
            async with client.stream("hi") as stream:
                names = [type(event).__name__ async for event in stream]
                assert names == ["Started", "TextDelta", "TextDelta", "Message", "Finished"]
                assert stream.reply is not None
                assert stream.reply.text == "ab"
                assert [event async for event in stream] == []
            assert [model.id for model in await client.models()] == ["m-1"]
            assert [member.name for member in await client.providers()] == ["probe"]
            assert (await client.default_provider()).name == "probe"
            await client.prewarm(model="m-1")
            assert [query.model for query in fake.prewarmed] == ["m-1"]
        assert fake.disconnects == 1

    loop.run(main)


def test_a_client_without_a_block_opens_itself_and_can_be_closed(loop: Loop) -> None:
    async def main() -> None:
        client = Client(**answering("ok"))
        assert (await client.query("hi")).text == "ok"
        await client.aclose()
        await client.aclose()
        with pytest.raises(ClientClosedError):
            await client.query("hi")

    loop.run(main)


def test_errors_keep_their_class_and_come_after_the_events(loop: Loop) -> None:
    async def main() -> None:
        async with Client(**answering(["part", RateLimitError("Slow down.", retry_after=3)])) as client:
            with pytest.raises(RateLimitError) as caught:
                await client.query("hi")
            assert caught.value.retry_after == 3
            async with client.stream("hi") as stream:
                seen = []
                with pytest.raises(RateLimitError):
                    async for event in stream:
                        seen.append(event)
                assert TextDelta("part") in seen
            with pytest.raises(TypeError, match="temprature"):
                await client.query("hi", temprature=1)

    loop.run(main)


def test_a_block_that_cannot_be_entered_says_why(loop: Loop) -> None:
    async def main() -> None:
        with pytest.raises(InvalidConfigError):
            async with Client({"general": {"timeout": "soon"}}):
                pass

    loop.run(main)


def test_a_slow_consumer_makes_the_provider_wait(loop: Loop) -> None:
    async def main() -> None:
        probe = Probe(endless)
        async with Client(**given(probe)) as client, client.stream("hi") as stream:
            consumed = 0
            async for _ in stream:
                consumed += 1
                assert probe.sent <= consumed + LIMIT + 1
                if consumed == 1000:
                    break
        assert (probe.running, probe.cancelled) == (0, 1)

    loop.run(main)


def test_the_event_loop_goes_on_while_a_query_waits(loop: Loop) -> None:
    async def main() -> None:
        probe = Probe(hang)
        async with Client(**given(probe)) as client:
            query = asyncio.ensure_future(client.query("hi"))
            assert await asyncio.to_thread(probe.reached.wait, GUARD)
            query.cancel()
            with pytest.raises(asyncio.CancelledError):
                await query

    loop.run(main)


def test_a_thousand_queries_at_once(loop: Loop) -> None:
    async def main() -> None:
        async with Client(**given(FakeProvider.scripted())) as client:
            replies = await asyncio.gather(*(client.query(f"q{number}") for number in range(1000)))
        assert [reply.text for reply in replies] == [f"q{number}" for number in range(1000)]

    loop.run(main)


def test_the_context_variables_of_the_caller_are_seen(loop: Loop) -> None:
    variable: ContextVar[str] = ContextVar("variable", default="unset")
    seen = []

    async def look(query: Query, emit: Emit, probe: Probe) -> None:
        seen.append(variable.get())

    async def main() -> None:
        async with Client(**given(Probe(look))) as client:
            variable.set("mine")
            await client.query("hi")
            async with client.stream("hi") as stream:
                async for _ in stream:
                    pass

    loop.run(main)
    assert seen == ["mine", "mine"]


def test_two_event_loops_in_two_threads_use_one_client(loop: Loop) -> None:
    client = Client(**given(FakeProvider.scripted()))
    barrier = threading.Barrier(2, timeout=GUARD)

    async def ask(name: str) -> list[str]:
        barrier.wait()
        texts = []
        for number in range(50):
            texts.append((await client.query(f"{name}{number}")).text)
            async with client.stream(f"{name}{number}") as stream:
                texts.append("".join([event.text async for event in stream if isinstance(event, TextDelta)]))
        return texts

    with ThreadPoolExecutor(2) as pool:
        first, second = (pool.submit(loop.run, lambda name=name: ask(name)) for name in "ab")
        for name, result in (("a", first), ("b", second)):
            assert result.result(GUARD) == [f"{name}{number}" for number in range(50) for _ in "qs"]
    loop.run(client.aclose)


def test_one_client_serves_one_event_loop_after_the_other(loop: Loop) -> None:
    fake = FakeProvider.scripted("ok")
    client = Client(**given(fake))
    for _ in range(3):
        assert loop.run(lambda: client.query("hi")).text == "ok"
    loop.run(client.aclose)
    assert (fake.connects, fake.disconnects) == (1, 1)


def test_a_timeout_of_the_query_is_an_error_of_its_own(loop: Loop) -> None:
    async def main() -> None:
        async with Client(**given(Probe(hang))) as client:
            with pytest.raises(TimeoutError):
                await client.query("hi", timeout=0.01)

    loop.run(main)


def test_without_an_asyncio_event_loop_it_says_what_to_use() -> None:
    async def main() -> None:
        await Client(**answering("ok")).query("hi")

    with pytest.raises(RuntimeError, match=r"claif\.Client"):
        trio.run(main)


def test_providers_are_registered_replaced_and_removed_while_the_client_is_open(loop: Loop) -> None:
    async def main() -> None:
        async with Client(**answering("first")) as client:
            await client.register("more", FakeProvider.scripted("more"))
            assert (await client.query("hi", provider="more")).text == "more"
            await client.replace("probe", FakeProvider.scripted("second"))
            assert (await client.query("hi")).text == "second"
            await client.unregister("more")
            assert [member.name for member in await client.providers()] == ["probe"]

    loop.run(main)
