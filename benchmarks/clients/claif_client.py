"""Claif: one client with the layers that it has by default; `stream` hands out typed events."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from common import Ask
from on_trio import run

from claif import Client, TextDelta


@asynccontextmanager
async def opened(options: Namespace) -> AsyncIterator[tuple[Ask, Ask]]:
    provider = {"type": "openai", "base_url": f"{options.url}/v1", "api_key": "sk-test", "model": "m"}
    config = {"general": {"default_provider": "fake"}, "providers": {"fake": provider}}
    async with Client(config) as client:

        async def call() -> str:
            return (await client.query("hi")).text

        async def stream() -> str:
            texts = []
            async with client.stream("hi") as events:
                async for event in events:
                    if type(event) is TextDelta:
                        texts.append(event.text)  # noqa: PERF401 - as a program does that prints it
            return "".join(texts)

        yield call, stream


run(opened)
