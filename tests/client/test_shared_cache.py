"""Real clients share a real cache: what one was answered, the other finds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from servers import MemcachedServer, RedisServer

from claif import Client
from claif.testing import ScriptedServer


@pytest.fixture(params=[RedisServer, MemcachedServer])
def server(request: pytest.FixtureRequest) -> Iterator[RedisServer | MemcachedServer]:
    with request.param() as running:
        yield running


def client(models: ScriptedServer, server: RedisServer | MemcachedServer, **cache: Any) -> Client:
    """One that keeps answers in the server; the salt is that of the team, as on several machines."""
    table = {
        "mode": "read-write",
        "store": "redis" if isinstance(server, RedisServer) else "memcached",
        "url": server.url,
        "salt": "of the team",
        "timeout": 20.0,
        **cache,
    }
    provider = {"type": "openai", "base_url": models.url(text="one two"), "model": "scripted-1"}
    return Client({"general": {"default_provider": "x"}, "providers": {"x": provider}, "cache": table})


async def test_what_one_client_was_answered_another_one_finds(server: RedisServer | MemcachedServer) -> None:
    """Nobody is asked twice; a client with another salt finds nothing."""
    async with ScriptedServer() as models:
        async with client(models, server) as one:
            first = await one.query("hi", temperature=0)
        async with client(models, server) as two:
            second = await two.query("hi", temperature=0)
        assert (first.text, second.text) == ("one two", "one two")
        assert not first.cached
        assert second.cached
        assert len(models.requests) == 1
        async with client(models, server, salt="of another team") as three:
            assert not (await three.query("hi", temperature=0)).cached


@pytest.mark.parametrize("trouble", ["down", "frozen", "killed"])
async def test_without_the_store_queries_are_answered_all_the_same(
    server: RedisServer | MemcachedServer, trouble: str
) -> None:
    """Whether it was never there or has gone in the middle, and when it is back."""
    async with ScriptedServer() as models, client(models, server, timeout=0.25) as one:
        if trouble == "down":
            server.stop()
        else:
            await one.query("before", temperature=0)
        if trouble == "frozen":
            with server.frozen():
                for _ in range(3):
                    assert (await one.query("hi", temperature=0)).text == "one two"
        else:
            server.stop()
            for _ in range(3):
                assert (await one.query("hi", temperature=0)).text == "one two"
            server.start()
        assert (await one.query("after", temperature=0)).text == "one two"


async def test_no_prompt_and_no_answer_is_in_a_key() -> None:
    """A server shows its keys to whoever watches it."""
    with RedisServer() as server:
        async with ScriptedServer() as models, client(models, server) as one:
            await one.query("a secret question", temperature=0)
        names = server.command(b"KEYS", "*")
        assert names
        assert all(len(name) == len(b"claif:row:") + 64 for name in names)
        assert not [name for name in names if b"secret" in name]
