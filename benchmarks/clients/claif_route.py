"""Claif with everything around a query: a route of three members, breakers, limits and a message processor."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from common import Ask
from on_trio import run

from claif import Client

MEMBERS = ("first", "second", "third")
ROUTE = {"members": list(MEMBERS), "strategy": "round-robin", "deadline": 60}
LIMITS = {"requests_per_minute": 10**9, "tokens_per_minute": 10**12, "concurrency": 10**6}


@asynccontextmanager
async def opened(options: Namespace, route: dict[str, Any] = ROUTE) -> AsyncIterator[tuple[Ask, Ask]]:
    provider = {"type": "openai", "base_url": f"{options.url}/v1", "api_key": "sk-test", "model": "m"}
    config = {
        "general": {"default_provider": "all"},
        "providers": dict.fromkeys(MEMBERS, provider),
        "routes": {"all": route},
        "limits": dict.fromkeys(MEMBERS, LIMITS),
        "processors": {"enable": ["timestamp"]},
    }
    async with Client(config) as client:

        async def call() -> str:
            return (await client.query("hi")).text

        async def stream() -> str:
            async with client.stream("hi") as events:
                async for _ in events:
                    pass
            return events.reply.text

        yield call, stream


if __name__ == "__main__":
    run(opened)
