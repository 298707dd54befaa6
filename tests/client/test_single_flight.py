"""Equal queries at the same time: one call, whoever comes and goes."""

from __future__ import annotations

from typing import Any

import pytest
import trio
import trio.lowlevel
from client.caches import ANSWER, Kept, client
from patience import until

from claif import Client
from claif.api import (
    Reply,
    TextDelta,
    TimeoutError,
    Usage,
    UsageReport,
)
from claif.errors import ClientClosedError, InvalidQueryError
from claif.testing import FakeProvider
from claif.testing.fake import Pause


@pytest.mark.mock_clock
async def test_a_hundred_equal_queries_make_one_call() -> None:
    fake = FakeProvider.scripted(["Hel", Pause(3), "lo.", UsageReport(Usage(3, 2))])
    replies: list[Reply] = []

    async def ask(c: Client) -> None:
        replies.append(await c.query("hi", temperature=0))

    async with client(Kept(), given={"it": fake}) as c, trio.open_nursery() as nursery:
        for _ in range(100):
            nursery.start_soon(ask, c)
    assert len(fake.queries) == 1
    assert [reply.text for reply in replies] == ["Hello."] * 100
    asked = [reply for reply in replies if reply.cached is None]
    assert len(asked) == 1
    assert all(reply.cached.store == "single-flight" for reply in replies if reply.cached)
    assert all(len(reply.attempts) == 1 for reply in replies)


@pytest.mark.mock_clock
async def test_followers_see_the_stream_live() -> None:
    fake = FakeProvider.scripted(["Hel", Pause(3), "lo."])
    times: list[tuple[float, str]] = []

    async def watch(c: Client) -> None:
        async with c.stream("hi", temperature=0) as stream:
            async for event in stream:
                if isinstance(event, TextDelta):
                    times.append((trio.current_time(), event.text))

    async with client(Kept(), given={"it": fake}) as c, trio.open_nursery() as nursery:
        began = trio.current_time()
        nursery.start_soon(watch, c)
        await trio.sleep(1)
        nursery.start_soon(watch, c)
    assert sorted((round(at - began), text) for at, text in times) == [(0, "Hel"), (1, "Hel"), (3, "lo."), (3, "lo.")]


@pytest.mark.mock_clock
async def test_each_waits_no_longer_than_its_own_time() -> None:
    fake = FakeProvider.scripted(["Hel", Pause(30), "lo."])
    texts: list[str] = []

    async def patient(c: Client) -> None:
        texts.append((await c.query("hi", temperature=0)).text)

    async with client(Kept(), given={"it": fake}) as c, trio.open_nursery() as nursery:

        async def hasty() -> None:
            with pytest.raises(TimeoutError) as caught:
                await c.query("hi", temperature=0, timeout=5)
            assert caught.value.partial is not None
            assert caught.value.partial.text == "Hel"

        nursery.start_soon(hasty)
        await trio.sleep(1)
        nursery.start_soon(patient, c)
    assert texts == ["Hello."]
    assert len(fake.queries) == 1, "the one who stayed took over"


@pytest.mark.mock_clock
async def test_a_failure_is_everybodys_and_nobody_asks_in_vain() -> None:
    fake = FakeProvider.scripted([Pause(3), InvalidQueryError("no")], "well")
    errors: list[Exception] = []

    async def ask(c: Client) -> None:
        try:
            await c.query("hi", temperature=0)
        except InvalidQueryError as error:
            errors.append(error)

    async with client(Kept(), given={"it": fake}) as c:
        async with trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(ask, c)
        assert (await c.query("hi", temperature=0)).text == "well"
    assert len(errors) == len({id(error) for error in errors}) == 5
    assert len({error.query_id for error in errors if isinstance(error, InvalidQueryError)}) == 5


@pytest.mark.mock_clock
async def test_when_all_have_left_the_call_is_cancelled() -> None:
    fake = FakeProvider.scripted(["Hel", Pause(30), "lo."], "again")
    async with client(Kept(), given={"it": fake}) as c:
        with trio.move_on_after(1):
            await c.query("hi", temperature=0)
        began = trio.current_time()
        assert (await c.query("hi", temperature=0)).text == "again"
        assert trio.current_time() - began < 0.1


@pytest.mark.mock_clock
async def test_closing_the_client_ends_those_who_wait() -> None:
    fake = FakeProvider.scripted(["Hel", Pause(300), "lo."])
    errors: list[Exception] = []

    async def ask(c: Client) -> None:
        try:
            await c.query("hi", temperature=0)
        except ClientClosedError as error:
            errors.append(error)

    async with trio.open_nursery() as nursery, client(Kept(), given={"it": fake}) as c:
        for _ in range(3):
            nursery.start_soon(ask, c)
        await trio.sleep(1)
    assert len(errors) == 3


@pytest.mark.mock_clock
async def test_the_leader_may_leave_at_any_moment() -> None:
    """It is cancelled at each of its awaits in turn; whoever follows has the whole answer, and one call was made."""
    for moment in range(60):
        fake = FakeProvider.scripted(["Hel", Pause(0.01), "lo.", Pause(0.01), UsageReport(Usage(3, 2))])
        store = Kept()
        async with client(store, given={"it": fake}) as c, trio.open_nursery() as nursery:
            scope = trio.CancelScope()

            async def lead(c: Client = c, scope: trio.CancelScope = scope) -> None:
                with scope:
                    await c.query("hi", temperature=0)

            replies: list[Reply] = []

            async def follow(c: Client = c, replies: list[Reply] = replies) -> None:
                replies.append(await c.query("hi", temperature=0))

            nursery.start_soon(lead)
            await trio.lowlevel.checkpoint()
            nursery.start_soon(follow)
            for _ in range(moment):
                await trio.lowlevel.checkpoint()
            scope.cancel()
        assert replies[0].text == "Hello."
        assert len(fake.queries) <= 2, "at most the leader's, before anybody followed, and one more"
        assert len(await store.rows()) == 1


async def test_without_single_flight_each_asks() -> None:
    fake = FakeProvider.scripted(["Hel", Pause(0.05), "lo."])
    async with client(Kept(), given={"it": fake}, cache={"single_flight": False}) as c, trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(lambda: c.query("hi", temperature=0))
    assert len(fake.queries) == 3


async def test_clients_that_share_a_store_ask_once() -> None:
    """As several processes would: each has a flight of its own, and a lock in the store."""
    store = Kept()
    fakes = [FakeProvider.scripted(["Hel", Pause(0.3), "lo."]) for _ in range(4)]
    replies: list[Reply] = []

    async def ask(fake: Any) -> None:
        async with client(store, given={"it": fake}) as c:
            replies.append(await c.query("hi", temperature=0))

    async with trio.open_nursery() as nursery:
        for fake in fakes:
            nursery.start_soon(ask, fake)
    assert sum(len(fake.queries) for fake in fakes) == 1
    assert [reply.text for reply in replies] == ["Hello."] * 4
    assert sum(reply.cached is None for reply in replies) == 1


@pytest.mark.mock_clock
async def test_whose_turn_comes_in_the_moment_in_which_another_process_keeps_the_answer_finds_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, fake = Kept(), FakeProvider.scripted(ANSWER)
    async with client(store, given={"it": fake}) as c:
        first = await c.query("hi", temperature=0)
        await until(lambda: len(store._rows))
        [info] = await store.rows()
        row, labels = store._rows._rows[info.key]
        await store.clear()
        assert await store.lock(info.key, "another", 10)
        lock, began = store.lock, trio.current_time()

        async def lock_late(key: str, token: str, seconds: float) -> bool:
            if trio.current_time() > began + 1:  # the other one keeps the answer before it gives the lock up
                await store.put(info.key, row, labels)
                await store.unlock(key, "another")
            return await lock(key, token, seconds)

        monkeypatch.setattr(store, "lock", lock_late)
        reply = await c.query("hi", temperature=0)
    assert reply.text == first.text
    assert reply.cached is not None
    assert len(fake.queries) == 1


@pytest.mark.mock_clock
async def test_a_process_that_died_is_not_waited_for_for_ever() -> None:
    store, fake = Kept(), FakeProvider.scripted(ANSWER)
    now = [1000.0]
    store._clock = lambda: now[0]
    async with client(store, given={"it": fake}) as c:
        await c.query("hi", temperature=0)
        await until(lambda: len(store._rows))
        [info] = await store.rows()
        await store.clear()
        assert await store.lock(info.key, "somebody", 10)

        async def time_passes() -> None:
            await trio.sleep(12)
            now[0] += 12

        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(time_passes)
            reply = await c.query("hi", temperature=0)
        assert reply.cached is None
        assert 12 <= trio.current_time() - began < 13
