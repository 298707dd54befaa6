"""The openai package on trio, where it is as fast as on asyncio or faster."""

from __future__ import annotations

import openai
import trio
from common import arguments, finish, measure
from on_trio import gather


async def main() -> None:
    options = arguments()
    ask = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    async with openai.AsyncOpenAI(api_key="sk-test", base_url=f"{options.url}/t{options.tokens}/v1") as client:

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

        finish(await measure(stream if options.mode == "stream" else call, gather, options))


trio.run(main)
