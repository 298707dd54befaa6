"""The openai package on trio, where it is as fast as on asyncio or faster."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import openai
from common import Ask
from on_trio import run


@asynccontextmanager
async def opened(options: Namespace) -> AsyncIterator[tuple[Ask, Ask]]:
    ask = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    async with openai.AsyncOpenAI(api_key="sk-test", base_url=f"{options.url}/v1") as client:

        async def call() -> str:
            answer = await client.chat.completions.create(**ask)
            return answer.choices[0].message.content or ""

        async def stream() -> str:
            texts = []
            async with await client.chat.completions.create(**ask, stream=True) as chunks:
                async for chunk in chunks:
                    for choice in chunk.choices:
                        texts.append(choice.delta.content or "")  # noqa: PERF401 - as a program does that prints it
            return "".join(texts)

        yield call, stream


run(opened)
