"""The llm package's Python API on asyncio, the only loop that it runs on; it makes an HTTP client for every call."""

from __future__ import annotations

import os
import tempfile
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import llm
from common import Ask
from on_asyncio import run


def model_at(url: str) -> llm.AsyncModel:
    """The model as a user declares it: in a file in llm's folder."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["LLM_USER_PATH"] = home
        models = f"- model_id: bench\n  model_name: m\n  api_base: {url}/v1\n"
        Path(home, "extra-openai-models.yaml").write_text(models)
        return llm.get_async_model("bench")


@asynccontextmanager
async def opened(options: Namespace) -> AsyncIterator[tuple[Ask, Ask]]:
    model = model_at(options.url)

    async def call() -> str:
        text: str = await model.prompt("hi", stream=False).text()
        return text

    async def stream() -> str:
        return "".join([piece async for piece in model.prompt("hi")])

    yield call, stream


run(opened)
