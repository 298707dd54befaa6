"""The cache inside the router: what is found, what is kept, and who is asked."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.lowlevel
from client.caches import ANSWER, Kept, client, events_of

from claif import Client
from claif.api import (
    Finished,
    Message,
    ProviderRuntimeError,
    RateLimitError,
    Usage,
    hookimpl,
)
from claif.errors import ConfigurationError, InvalidQueryError
from claif.testing import FakeProvider
from claif.testing.fake import Pause


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
            await c.query("hi", **how)  # type: ignore[arg-type]  # of several types
            assert bool((await c.query("hi", **how)).cached) is kept, (how, config)  # type: ignore[arg-type]  # of several types


async def test_the_options_of_the_provider_count_too() -> None:
    fake = FakeProvider.scripted(ANSWER)
    async with client(Kept(), given={"it": fake}, providers={"it": {"options": {"temperature": 0}}}) as c:
        await c.query("hi")
        assert (await c.query("hi")).cached


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


async def test_a_store_that_fails_costs_nobody_an_answer() -> None:
    class Down(Kept):
        async def get(self, key: str) -> bytes | None:
            raise RateLimitError("down")

        put = lock = unlock = get  # type: ignore[assignment]  # all alike

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


async def test_vectors_are_read_many_at_a_time() -> None:
    store, texts = Kept(), [f"text {number}" for number in range(45)]
    async with client(store) as c:
        first = await c.embed(texts)
        store.together.clear()
    async with client(store) as c:
        second = await c.embed(texts)
    assert (second.cached, second.vectors) == (45, first.vectors)
    assert store.together == [20, 20, 5]


async def test_vectors_of_another_account_or_of_who_tells_nothing_are_not_shared() -> None:
    store = Kept()
    for key in ("key-of-alice", "key-of-bob"):
        async with client(store, providers={"it": {"api_key": key}}) as c:
            assert (await c.embed("a")).cached == 0
            assert (await c.embed("a")).cached == 1
    with pytest.raises(InvalidQueryError, match="no mode of the cache"):
        async with client(store) as c:
            await c.embed("a", cache="on")
