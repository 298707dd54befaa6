"""Whose answers are kept, and that nobody gets those of others, or false ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import trio
import trio.lowlevel
from client.caches import ANSWER, Kept, client

from claif.api import (
    Context,
    Emit,
    Identity,
    Provider,
    Query,
    TextDelta,
)
from claif.cache.row import unseal
from claif.testing import FakeProvider
from claif.testing.fake import Pause


class Silent(Provider):
    """Does not say what its answers depend on."""

    async def query(self, query: Query, emit: Emit) -> None:
        await emit(TextDelta("hello"))


class Agent(Silent):
    capabilities = frozenset({"text", "agent"})

    def identity(self, model: str | None) -> Identity:
        return Identity("here", model="m")


@pytest.mark.parametrize("provider", [Silent, Agent])
async def test_answers_of_agents_and_of_who_tells_nothing_are_never_kept(provider: Callable[[Context], Any]) -> None:
    store = Kept()
    async with client(store, given={"it": provider}) as c:
        for _ in range(2):
            assert not (await c.query("hi", temperature=0)).cached
    assert not await store.rows()


class Broken(Silent):
    def identity(self, model: str | None) -> Identity:
        raise AttributeError("oops")


async def test_a_provider_that_cannot_say_what_its_answers_depend_on_answers_all_the_same() -> None:
    async with client(Kept(), given={"it": Broken}) as c:
        for _ in range(2):
            assert (await c.query("hi", temperature=0)).text == "hello"


async def test_where_an_agent_may_be_asked_nothing_is_cached_and_nothing_shared() -> None:
    """It is asked to act; the text of another member is no deed, and two who ask want two deeds."""
    store, fake = Kept(), FakeProvider.scripted(["Hel", Pause(0.05), "lo."])
    routes = {"last": {"members": ["it"], "fallbacks": {"error": ["agent"]}}}
    async with client(store, given={"it": fake, "agent": Agent}, routes=routes) as c:
        assert (await c.query("hi", provider="agent,it", temperature=0)).text == "hello"
        async with trio.open_nursery() as nursery:
            for name in ("it,agent", "it,agent", "last", "last"):
                nursery.start_soon(lambda name=name: c.query("hi", provider=name, temperature=0))
    assert len(fake.queries) == 4
    assert not await store.rows()


async def test_with_a_member_that_tells_nothing_hits_count_but_nothing_is_shared() -> None:
    fake = FakeProvider.scripted(["Hel", Pause(0.05), "lo."])
    async with client(Kept(), given={"it": fake, "silent": Silent}) as c:
        async with trio.open_nursery() as nursery:
            for _ in range(2):
                nursery.start_soon(lambda: c.query("hi", provider="it,silent", temperature=0))
        assert len(fake.queries) == 2
        assert (await c.query("hi", provider="silent,it", temperature=0)).cached


async def test_attack_39_two_tenants_never_share() -> None:
    """Another key, address, organisation, system prompt or salt finds nothing, in both directions."""
    store = Kept()
    settings = [{"api_key": "key-of-alice"}, {"api_key": "key-of-bob"}, {"base_url": "https://other.example"}, {}]
    for round_ in range(2):
        for each in settings:
            async with client(store, providers={"it": each}) as c:
                assert bool((await c.query("hi", temperature=0)).cached) is bool(round_)
    async with client(store, cache={"salt": "another"}, providers={"it": settings[0]}) as c:
        assert not (await c.query("hi", temperature=0)).cached
    async with client(store, providers={"it": settings[0]}) as c:
        assert not (await c.query("hi", temperature=0, system="Lie.")).cached
        assert not (await c.query("hi", temperature=0, model="another")).cached
        assert (await c.query("hi", temperature=0)).cached


async def test_no_key_and_no_prompt_stands_in_a_row() -> None:
    store = Kept()
    async with client(store, providers={"it": {"api_key": "key-of-alice-1234567"}}) as c:
        await c.query("a prompt of mine", temperature=0)
    for row in await store.all():
        assert b"alice" not in row
        assert b"prompt of mine" not in row


async def test_an_answer_with_a_secret_in_it_is_not_kept_be_it_in_pieces() -> None:
    store = Kept()
    for answer in (["it is key-of-alice-1234567"], ["it is key-of-ali", "ce-1234567"]):
        fake = FakeProvider.scripted(answer)
        async with client(store, given={"it": fake}, providers={"it": {"api_key": "key-of-alice-1234567"}}) as c:
            await c.query("hi", temperature=0)
    assert not await store.rows()


@pytest.mark.parametrize("what", ["changed", "cut", "foreign", "garbage", "moved"])
async def test_attack_40_a_row_that_was_tampered_with_is_a_miss_and_is_replaced(what: str) -> None:
    """Attack 40."""
    store, fake = Kept(), FakeProvider.scripted(ANSWER)
    async with client(store, given={"it": fake}) as c:
        await c.query("hi", temperature=0)
        await c.query("other", temperature=0)
    [other, info] = await store.rows()
    row = await store.get(info.key)
    assert row is not None
    known = unseal(info.key, row, b"x")
    assert known is None
    moved = await store.get(other.key)
    bad = {
        "changed": row.replace(b"Hel", b"Sel"),
        "cut": row[:-5],
        "foreign": b"f" * 64 + row[64:],
        "garbage": b"\x80\x04K\x01.",
        "moved": moved,
    }[what]
    assert bad is not None
    assert bad != row
    await store.put(info.key, bad, info.labels)
    async with client(store, given={"it": fake}) as c:
        reply = await c.query("hi", temperature=0)
        assert (reply.text, reply.cached) == ("Hello.", None)
        assert (await c.query("hi", temperature=0)).cached
    assert len(fake.queries) == 3
