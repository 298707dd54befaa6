"""The litellm package with its cache in memory; what was asked before."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import litellm
from common import Ask
from litellm.caching.caching import Cache
from on_asyncio import run


@asynccontextmanager
async def opened(options: Namespace) -> AsyncIterator[tuple[Ask, Ask]]:
    litellm.cache = Cache(type="local")
    ask = {
        "model": "openai/m",
        "messages": [{"role": "user", "content": "hi"}],
        "api_key": "sk-test",
        "api_base": f"{options.url}/v1",
        "temperature": 0,
        "caching": True,
    }

    async def call() -> str:
        answer = await litellm.acompletion(**ask)
        return answer.choices[0].message.content or ""

    async def stream() -> str:
        texts = []
        async for chunk in await litellm.acompletion(**ask, stream=True):
            for choice in chunk.choices:
                texts.append(choice.delta.content or "")  # noqa: PERF401 - as a program does that prints it
        return "".join(texts)

    yield call, stream
    await litellm.close_litellm_async_clients()


run(opened)
