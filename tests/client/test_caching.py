"""The cache inside the router: what is found, what is kept, and who is asked."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.lowlevel
from patience import until

from claif import Client
from claif.api import (
    CacheStore,
    Context,
    Emit,
    Event,
    Finished,
    Identity,
    Message,
    Provider,
    ProviderRuntimeError,
    Query,
    RateLimitError,
    Reply,
    TextDelta,
    TimeoutError,
    Usage,
    UsageReport,
    hookimpl,
)
from claif.cache.memory import MemoryStore
from claif.cache.row import unseal
from claif.errors import ClientClosedError, ConfigurationError, InvalidQueryError
from claif.plugin.manager import PluginManager
from claif.testing import FakeProvider
from claif.testing.fake import Pause

ANSWER = ["Hel", "lo.", UsageReport(Usage(3, 2)), Finished()]


class Brings:
    """A plugin with one store for all clients of a test."""

    def __init__(self, store: CacheStore) -> None:
        self.store = store

    @hookimpl
    def claif_cache_store(self) -> CacheStore:
        return self.store


class Kept(MemoryStore):
    """A store that several clients use, as if they were in processes of their own, and that can be looked into."""

    local = False

    def __init__(self) -> None:
        super().__init__(10**6)
        self.asked = 0

    async def get(self, key: str) -> bytes | None:
        self.asked += 1
        return await super().get(key)

    async def all(self) -> list[bytes]:
        rows = [await MemoryStore.get(self, info.key) for info in await self.rows(limit=None)]
        return [row for row in rows if row is not None]


def client(store: CacheStore, *modules: object, mode: str = "read-write", **config: Any) -> Client:
    plugins = PluginManager()
    plugins.register(Brings(store), "its-store")
    for number, module in enumerate(modules):
        plugins.register(module, f"plugin-{number}")
    cache = {"mode": mode, "store": "mine", "salt": "salt", **config.pop("cache", {})}
    providers = config.pop("given", {"it": FakeProvider.scripted(ANSWER)})
    tables = {"general": {"default_provider": next(iter(providers))}, "cache": cache, **config}
    return Client(tables, plugins=plugins, providers=providers)


async def events_of(c: Client, prompt: str = "hi", **how: Any) -> tuple[list[Event], Reply | None]:
    async with c.stream(prompt, **{"temperature": 0, **how}) as stream:
        return [event async for event in stream], stream.reply


async def test_a_hit_replays_the_identical_events() -> None:
    fake = FakeProvider.scripted(ANSWER)
    async with client(Kept(), given={"it": fake}) as c:
        first, new = await events_of(c)
        second, cached = await events_of(c)
    assert first == second
    assert len(fake.queries) == 1
    assert new is not None
    assert cached is not None
    assert (new.cached, new.text) == (None, cached.text)
    assert cached.cached is not None
    assert (len(cached.cached.key), cached.cached.store) == (64, "memory")
    assert 0 <= cached.cached.age < 10
    assert (cached.usage, cached.cost, cached.attempts) == (Usage(3, 2), 0.0, ())
    assert (cached.provider, cached.model) == (new.provider, new.model)


async def test_what_was_answered_is_found_at_once_and_by_the_next_client() -> None:
    store, fake = Kept(), FakeProvider.scripted(ANSWER)
    for _ in range(2):
        async with client(store, given={"it": fake}) as c:
            for _ in range(5):
                await c.query("hi", temperature=0)
    assert len(fake.queries) == 1


async def test_one_in_a_piece_and_one_in_a_stream_are_the_same_answer() -> None:
    fake = FakeProvider.scripted(ANSWER)
    async with client(Kept(), given={"it": fake}) as c:
        await c.query("hi", temperature=0)
        _, reply = await events_of(c)
    assert reply is not None
    assert reply.cached
    assert len(fake.queries) == 1


@pytest.mark.parametrize(
    ("mode", "asked", "kept"), [("off", 2, 0), ("read-write", 1, 1), ("read-only", 2, 0), ("refresh", 2, 1)]
)
async def test_the_modes_do_what_they_say(mode: str, asked: int, kept: int) -> None:
    store, fake = Kept(), FakeProvider.scripted(ANSWER)
    async with client(store, given={"it": fake}, mode=mode) as c:
        await c.query("hi", temperature=0)
        await c.query("hi", temperature=0)
    assert (len(fake.queries), len(await store.rows())) == (asked, kept)


async def test_a_query_says_another_mode() -> None:
    fake = FakeProvider.scripted("one", "two", "three")
    async with client(Kept(), given={"it": fake}, mode="off") as c:
        texts = [
            (await c.query("hi", temperature=0, cache=mode)).text
            for mode in ("read-only", "read-write", "read-only", "refresh", "read-only", "off")
        ]
    assert texts == ["one", "two", "two", "three", "three", "three"]
    assert len(fake.queries) == 4


async def test_a_route_says_another_mode() -> None:
    fake = FakeProvider.scripted(ANSWER)
    routes = {"kept": {"members": ["it"], "cache": "read-write"}, "fresh": {"members": ["it"], "cache": "off"}}
    async with client(Kept(), given={"it": fake}, mode="off", routes=routes) as c:
        cached = [(await c.query("hi", provider=name, temperature=0)).cached for name in ("kept", "kept", "fresh")]
    assert [bool(hit) for hit in cached] == [False, True, False]


async def test_a_mode_that_is_none_is_refused() -> None:
    async with client(Kept()) as c:
        with pytest.raises(InvalidQueryError, match="no mode of the cache"):
            await c.query("hi", cache="on")
        with pytest.raises(InvalidQueryError, match="tag"):
            await c.query("hi", tag="a\nb")


async def test_every_member_is_looked_up_before_anyone_is_called() -> None:
    a, b = FakeProvider.scripted("from a"), FakeProvider.scripted("from b")
    async with client(Kept(), given={"a": a, "b": b}) as c:
        assert (await c.query("hi", provider="b", temperature=0)).provider == "b"
        reply = await c.query("hi", provider="a,b", temperature=0)
        assert (reply.provider, bool(reply.cached)) == ("b", True)
        assert not a.queries


async def test_the_answer_is_kept_under_the_member_that_gave_it() -> None:
    """A fallback answered: that is no answer of the first one."""
    a = FakeProvider.scripted(ProviderRuntimeError("no"), "from a")
    b = FakeProvider.scripted("from b")
    async with client(Kept(), given={"a": a, "b": b}) as c:
        assert (await c.query("hi", provider="a,b", temperature=0)).provider == "b"
        assert (await c.query("hi", provider="b", temperature=0)).cached
        assert (await c.query("hi", provider="a", temperature=0)).text == "from a"
        notices = (await c.query("hi", provider="a,b", temperature=0)).notices
    assert not notices, "what happened on the way is no part of the answer"


@pytest.mark.parametrize(
    "answer",
    [
        ["Hel", RateLimitError("no")],
        ["Hel", Finished("length")],
        ["No.", Finished("content_filter")],
        [Finished()],
    ],
    ids=["broken", "cut", "refused", "empty"],
)
async def test_attack_41_what_is_no_whole_answer_is_never_kept(answer: Any) -> None:
    store = Kept()
    async with client(store, given={"it": FakeProvider.scripted(answer)}) as c:
        for _ in range(2):
            try:
                reply = await c.query("hi", temperature=0)
                assert not reply.cached
            except RateLimitError:
                pass
    assert not await store.rows()


async def test_a_sampled_answer_is_kept_only_if_the_user_says_so() -> None:
    for how, config, kept in (
        ({}, {}, False),
        ({"temperature": 0.7}, {}, False),
        ({"seed": 7}, {}, True),
        ({"cache": "read-write"}, {}, True),
        ({}, {"sampled": True}, True),
    ):
        store = Kept()
        async with client(store, cache=config) as c:
            await c.query("hi", **how)  # type: ignore[arg-type]
            assert bool((await c.query("hi", **how)).cached) is kept, (how, config)  # type: ignore[arg-type]


async def test_the_options_of_the_provider_count_too() -> None:
    fake = FakeProvider.scripted(ANSWER)
    async with client(Kept(), given={"it": fake}, providers={"it": {"options": {"temperature": 0}}}) as c:
        await c.query("hi")
        assert (await c.query("hi")).cached


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


async def test_a_row_whose_time_has_passed_is_a_miss() -> None:
    store, fake = Kept(), FakeProvider.scripted(ANSWER)
    async with client(store, given={"it": fake}, cache={"ttl": "1s"}) as c:
        await c.query("hi", temperature=0)
    [info] = await store.rows()
    assert info.labels.expires - info.labels.created == 1.0
    store._clock = lambda: info.labels.expires
    async with client(store, given={"it": fake}) as c:
        assert not (await c.query("hi", temperature=0)).cached


async def test_labels_tell_provider_model_and_tag() -> None:
    store = Kept()
    async with client(store) as c:
        await c.query("hi", temperature=0, tag="nightly")
        await c.query("ho", temperature=0, model="big")
    found = {(info.labels.provider, info.labels.model, info.labels.tag) for info in await store.rows()}
    assert found == {("it", "fake-1", "nightly"), ("it", "big", "")}


async def test_processors_see_a_hit_as_they_see_an_answer() -> None:
    """What processors do happens outside of the cache, so that it is never stale."""

    class Shouts:
        count = 0

        @hookimpl
        def claif_process_message(self, message: Message) -> Message:
            self.count += 1
            return message.replace_text(f"{message.text.upper()} {self.count}")

    async with client(Kept(), Shouts()) as c:
        texts = [(await c.query("hi", temperature=0)).text for _ in range(3)]
    assert texts == ["HELLO. 1", "HELLO. 2", "HELLO. 3"]


@pytest.mark.mock_clock
async def test_the_recorded_pace_has_the_pauses_of_the_answer() -> None:
    fake = FakeProvider.scripted(["Hel", Pause(3), "lo."])
    async with client(Kept(), given={"it": fake}, cache={"pace": "recorded"}) as c:
        await c.query("hi", temperature=0)
        began = trio.current_time()
        assert (await c.query("hi", temperature=0)).cached
        assert trio.current_time() - began == pytest.approx(3)


@pytest.mark.mock_clock
async def test_a_hit_comes_at_once() -> None:
    fake = FakeProvider.scripted(["Hel", Pause(3), "lo."])
    async with client(Kept(), given={"it": fake}) as c:
        await c.query("hi", temperature=0)
        began = trio.current_time()
        assert (await c.query("hi", temperature=0)).cached
        assert trio.current_time() == began


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


async def test_a_store_that_fails_costs_nobody_an_answer() -> None:
    class Down(Kept):
        async def get(self, key: str) -> bytes | None:
            raise RateLimitError("down")

        put = lock = unlock = get  # type: ignore[assignment]

    fake = FakeProvider.scripted(ANSWER)
    async with client(Down(), given={"it": fake}) as c:
        for _ in range(3):
            assert (await c.query("hi", temperature=0)).text == "Hello."
            await trio.sleep(0.1)
    assert len(fake.queries) == 3


async def test_a_store_that_nobody_has_is_named() -> None:
    async with Client({"cache": {"mode": "read-write", "store": "nosuch"}}, providers={"it": FakeProvider}) as c:
        with pytest.raises(ConfigurationError, match="no store nosuch"):
            await c.query("hi", provider="it", temperature=0)


async def test_the_cache_is_in_a_file_that_is_the_users_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAIF_HOME", str(tmp_path))
    fake = FakeProvider.scripted(ANSWER)
    for _ in range(2):
        async with Client({"cache": {"mode": "read-write"}}, providers={"it": fake}) as c:
            await c.query("hi", provider="it", temperature=0)
            await c.query("hi", provider="it", temperature=0)
    assert len(fake.queries) == 1
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}  # noqa: ASYNC240 - a test
    assert modes == {"cache.db": 0o600, "cache.salt": 0o600}
    connection = sqlite3.connect(tmp_path / "cache.db")
    assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
    connection.close()


async def test_nothing_of_the_cache_is_loaded_while_it_is_off() -> None:
    import subprocess
    import sys

    script = """
import sys, trio
from claif import Client
from claif.testing import FakeProvider
async def main():
    async with Client({}, providers={"it": FakeProvider}) as c:
        await c.query("hi", provider="it")
trio.run(main)
print([name for name in sys.modules if name.startswith("claif.cache") or name == "sqlite3"])
"""
    done = await trio.run_process([sys.executable, "-c", script], capture_stdout=True, stderr=subprocess.STDOUT)
    assert done.stdout.decode().strip() == "[]"


async def test_a_vector_is_asked_for_once_by_the_content_of_its_text() -> None:
    store, fake = Kept(), FakeProvider.scripted()
    async with client(store, given={"it": fake}) as c:
        first = await c.embed(["a", "b", "a"])
        assert (first.cached, len(first.vectors)) == (0, 3)
        second = await c.embed(["c", "b", "a"])
        assert second.cached == 2
        assert second.vectors[1:] == (first.vectors[1], first.vectors[0])
        assert (await c.embed("a", model="other")).cached == 0
        assert (await c.embed("a", dimensions=2)).cached == 0
        assert (await c.embed("a", cache="refresh")).cached == 0
        assert (await c.embed("a", cache="off")).cached == 0
    async with client(store, given={"it": fake}) as c:
        third = await c.embed(["b"])
        assert (third.cached, third.vectors, third.usage) == (1, (first.vectors[1],), Usage())


async def test_vectors_of_another_account_or_of_who_tells_nothing_are_not_shared() -> None:
    store = Kept()
    for key in ("key-of-alice", "key-of-bob"):
        async with client(store, providers={"it": {"api_key": key}}) as c:
            assert (await c.embed("a")).cached == 0
            assert (await c.embed("a")).cached == 1
    with pytest.raises(InvalidQueryError, match="no mode of the cache"):
        async with client(store) as c:
            await c.embed("a", cache="on")
