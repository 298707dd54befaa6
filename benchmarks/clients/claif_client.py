"""Claif: one client with the layers that it has by default; `stream` hands out typed events."""

from __future__ import annotations

import trio
from common import arguments, finish, measure
from on_trio import gather

from claif import Client, TextDelta


async def main() -> None:
    options = arguments()
    provider = {"type": "openai", "base_url": f"{options.url}/t{options.tokens}/v1", "api_key": "sk-test", "model": "m"}
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

        finish(await measure(stream if options.mode == "stream" else call, gather, options))


trio.run(main)
