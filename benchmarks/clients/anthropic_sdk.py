"""The anthropic package on trio, and on its own wire: other bytes than those of the other peers."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anthropic
from common import Ask
from on_trio import run


@asynccontextmanager
async def opened(options: Namespace) -> AsyncIterator[tuple[Ask, Ask]]:
    ask = {"model": "m", "max_tokens": 1024, "messages": [{"role": "user", "content": "hi"}]}
    async with anthropic.AsyncAnthropic(api_key="sk-test", base_url=options.url) as client:

        async def call() -> str:
            answer = await client.messages.create(**ask)
            return "".join(block.text for block in answer.content if block.type == "text")

        async def stream() -> str:
            texts = []
            async with await client.messages.create(**ask, stream=True) as events:
                async for event in events:
                    if event.type == "content_block_delta" and event.delta.type == "text_delta":
                        texts.append(event.delta.text)  # noqa: PERF401 - as a program does that prints it
            return "".join(texts)

        yield call, stream


run(opened)
