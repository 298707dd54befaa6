"""The pydantic-ai package on trio, by its `direct` functions: the shortest way through it, without an agent."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from common import Ask
from on_trio import run
from pydantic_ai.direct import model_request, model_request_stream
from pydantic_ai.messages import ModelRequest, PartDeltaEvent, PartStartEvent, TextPart, TextPartDelta
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider


@asynccontextmanager
async def opened(options: Namespace) -> AsyncIterator[tuple[Ask, Ask]]:
    provider = OpenAIProvider(api_key="sk-test", base_url=f"{options.url}/v1")
    async with OpenAIChatModel("m", provider=provider) as model:

        async def call() -> str:
            answer = await model_request(model, [ModelRequest.user_text_prompt("hi")])
            return "".join(part.content for part in answer.parts if isinstance(part, TextPart))

        async def stream() -> str:
            texts = []
            async with model_request_stream(model, [ModelRequest.user_text_prompt("hi")]) as events:
                async for event in events:
                    if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart):
                        texts.append(event.part.content)
                    elif isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta):
                        texts.append(event.delta.content_delta)
            return "".join(texts)

        yield call, stream


run(opened)
