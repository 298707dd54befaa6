"""One raw httpx2 client on trio: the bare way to ask."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from common import Ask
from on_trio import run


@asynccontextmanager
async def opened(options: Namespace) -> AsyncIterator[tuple[Ask, Ask]]:
    url = f"{options.url}/v1/chat/completions"
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    limits = httpx2.Limits(max_connections=1000, max_keepalive_connections=1000)
    headers = {"authorization": "Bearer sk-test"}
    async with httpx2.AsyncClient(limits=limits, headers=headers, timeout=60) as client:

        async def call() -> str:
            response = await client.post(url, json=body)
            response.raise_for_status()
            text: str = response.json()["choices"][0]["message"]["content"]
            return text

        async def stream() -> str:
            texts = []
            async with client.stream("POST", url, json=body | {"stream": True}) as response:
                response.raise_for_status()
                async for line in response.aiter_lines():
                    if line.startswith("data: ") and line != "data: [DONE]":
                        for choice in json.loads(line[6:])["choices"]:
                            texts.append(choice["delta"].get("content") or "")  # noqa: PERF401 - as a program does that prints it
            return "".join(texts)

        yield call, stream


run(opened)
