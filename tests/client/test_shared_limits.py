"""Real clients share limits through a real Redis."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import Any

import pytest
import trio
from servers import RedisServer

from claif import Client
from claif.api import RateLimitError
from claif.testing import ScriptedServer

ANSWER = 0.2
"""Seconds that an answer takes at least."""


def client(models: ScriptedServer, url: str, *, usage: bool = True, **limits: Any) -> Client:
    base_url = models.url(text="one two", first=ANSWER, usage=usage)
    provider = {"type": "openai", "base_url": base_url, "model": "scripted-1"}
    return Client(
        {
            "general": {"default_provider": "x"},
            "providers": {"x": provider},
            "limits": {"x": limits},
            "shared": {"store": "redis", "url": url, "timeout": 20.0},
        }
    )


async def test_two_clients_have_no_more_answers_under_way_than_one_may() -> None:
    """One place for both: each waits for the other, and when all is over nobody has it."""
    with RedisServer() as server:
        async with ScriptedServer() as models:
            async with (
                client(models, server.url, concurrency=1) as one,
                client(models, server.url, concurrency=1) as two,
            ):
                started = time.monotonic()
                async with trio.open_nursery() as nursery:
                    for asking in (one, two, one, two):
                        nursery.start_soon(asking.query, "hi")
                assert time.monotonic() - started > 4 * ANSWER
            assert len(models.requests) == 4
        assert server.command(b"ZCARD", "claif:place:limits:x:places") == 0


async def test_tokens_that_one_client_has_claimed_another_one_waits_for() -> None:
    """As long as nobody knows how many they were; what is known to be fewer is given back to both."""
    for usage in (False, True):
        limits = {"usage": usage, "tokens_per_minute": 6_000, "max_wait": 10}
        with RedisServer() as server:
            async with ScriptedServer() as models, client(models, server.url, **limits) as two:
                async with client(models, server.url, **limits) as one:
                    await one.query("hi", max_tokens=30_000)
                with nullcontext() if usage else pytest.raises(RateLimitError):
                    await two.query("hi", max_tokens=1_000)


async def test_without_the_server_each_client_keeps_to_its_limits_by_itself() -> None:
    """Queries are answered all the same."""
    with RedisServer() as server:
        async with ScriptedServer() as models, client(models, server.url, concurrency=1) as one:
            await one.query("hi")
            server.stop()
            started = time.monotonic()
            async with trio.open_nursery() as nursery:
                for _ in range(3):
                    nursery.start_soon(one.query, "hi")
            assert time.monotonic() - started > 3 * ANSWER
            assert len(models.requests) == 4
