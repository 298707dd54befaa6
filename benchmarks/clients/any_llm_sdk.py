"""The any-llm package on trio, with one provider object that is kept: its functions make a new one for every call."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from any_llm import AnyLLM
from common import Ask
from on_trio import run


@asynccontextmanager
async def opened(options: Namespace) -> AsyncIterator[tuple[Ask, Ask]]:
    ask = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    provider = AnyLLM.create("openai", api_key="sk-test", api_base=f"{options.url}/v1")

    async def call() -> str:
        answer = await provider.acompletion(**ask)
        return answer.choices[0].message.content or ""

    async def stream() -> str:
        texts = []
        async for chunk in await provider.acompletion(**ask, stream=True):
            for choice in chunk.choices:
                texts.append(choice.delta.content or "")  # noqa: PERF401 - as a program does that prints it
        return "".join(texts)

    yield call, stream
    await provider.client.close()  # any-llm itself has no way to close


run(opened)
