"""One raw httpcore2 pool on trio: the least that a client in Python does, with no errors handled."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpcore2
from common import Ask
from on_trio import run


@asynccontextmanager
async def opened(options: Namespace) -> AsyncIterator[tuple[Ask, Ask]]:
    url = f"{options.url}/v1/chat/completions"
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    headers = {
        "host": options.url.split("/")[2],
        "authorization": "Bearer sk-test",
        "content-type": "application/json",
    }
    # One limit for all: 60 seconds for each step, as the raw httpx2 client has.
    extensions = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), 60.0)}
    async with httpcore2.AsyncConnectionPool(
        max_connections=1000, max_keepalive_connections=1000, keepalive_expiry=5
    ) as pool:

        async def call() -> str:
            content = json.dumps(body).encode()
            response = await pool.request("POST", url, headers=headers, content=content, extensions=extensions)
            assert response.status == 200
            text: str = json.loads(response.content)["choices"][0]["message"]["content"]
            return text

        async def stream() -> str:
            texts, rest = [], b""
            content = json.dumps(body | {"stream": True}).encode()
            async with pool.stream("POST", url, headers=headers, content=content, extensions=extensions) as response:
                assert response.status == 200
                async for data in response.aiter_stream():
                    *lines, rest = (rest + data).split(b"\n")
                    for line in lines:
                        if line.startswith(b"data: ") and line != b"data: [DONE]":
                            for choice in json.loads(line[6:])["choices"]:
                                texts.append(choice["delta"].get("content") or "")  # noqa: PERF401 - as a program does that prints it
            return "".join(texts)

        yield call, stream


run(opened)
