"""Claif with its cache on: programs that end in a store's name measure hits, those in `_new` new questions."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from uuid import uuid4

from common import Ask

from claif import Client, TextDelta


@asynccontextmanager
async def cached(options: Namespace, store: str | None, *, new: bool = False) -> AsyncIterator[tuple[Ask, Ask]]:
    """A client with this store, or without a cache.

    Args:
        options: of the command line.
        store: the store; `None` switches the cache off.
        new: whether no question was asked before.
    """
    provider = {"type": "openai", "base_url": f"{options.url}/v1", "api_key": "sk-test", "model": "m"}
    config = {
        "general": {"default_provider": "fake"},
        "providers": {"fake": provider},
        "cache": {"mode": "off"} if store is None else {"mode": "read-write", "store": store},
    }
    process, numbers = uuid4().hex, count()

    def prompt() -> str:
        return f"{process} {next(numbers)}" if new else "hi"

    async with Client(config) as client:

        async def call() -> str:
            return (await client.query(prompt(), temperature=0)).text

        async def stream() -> str:
            texts = []
            async with client.stream(prompt(), temperature=0) as events:
                async for event in events:
                    if type(event) is TextDelta:
                        texts.append(event.text)  # noqa: PERF401 - as a program does that prints it
            return "".join(texts)

        yield call, stream
