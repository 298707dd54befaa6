"""litellm's Router over three deployments of one model, on asyncio, the only loop that it runs on."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import litellm
from common import Ask
from litellm import Router
from on_asyncio import run


@asynccontextmanager
async def opened(options: Namespace) -> AsyncIterator[tuple[Ask, Ask]]:
    where = {"model": "openai/m", "api_key": "sk-test", "api_base": f"{options.url}/v1", "rpm": 10**9, "tpm": 10**12}
    router = Router(model_list=[{"model_name": "all", "litellm_params": dict(where)} for _ in range(3)], num_retries=2)
    messages = [{"role": "user", "content": "hi"}]

    async def call() -> str:
        answer = await router.acompletion(model="all", messages=messages)
        return answer.choices[0].message.content or ""

    async def stream() -> str:
        texts = []
        async for chunk in await router.acompletion(model="all", messages=messages, stream=True):
            for choice in chunk.choices:
                texts.append(choice.delta.content or "")  # noqa: PERF401 - as a program does that prints it
        return "".join(texts)

    yield call, stream
    await litellm.close_litellm_async_clients()


run(opened)
