"""The litellm package on asyncio, the only loop that it runs on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import litellm
from common import arguments, finish, measure


async def gather(task: Callable[[], Awaitable[None]], count: int) -> None:
    await asyncio.gather(*(task() for _ in range(count)))


async def main() -> None:
    options = arguments()
    ask = {
        "model": "openai/m",
        "messages": [{"role": "user", "content": "hi"}],
        "api_key": "sk-test",
        "api_base": f"{options.url}/t{options.tokens}/v1",
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

    finish(await measure(stream if options.mode == "stream" else call, gather, options))


asyncio.run(main())
