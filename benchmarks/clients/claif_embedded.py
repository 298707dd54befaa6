"""Claif: milliseconds until the first piece of text of the embedded model, once it runs."""

from __future__ import annotations

import time
from statistics import median

import trio
from common import finish, resident
from questions import QUESTIONS, SYSTEM, TOKENS, WARM_UP

from claif import Client, TextDelta


async def main() -> None:
    waits = []
    async with Client({"general": {"default_provider": "local"}}) as client:
        for question in QUESTIONS:
            start, first = time.perf_counter(), None
            async with client.stream(question, system=SYSTEM, max_tokens=TOKENS, temperature=0.0) as events:
                async for event in events:
                    if type(event) is TextDelta and first is None:
                        first = time.perf_counter() - start
            assert first is not None
            waits.append(first * 1000)
        memory = resident()
    finish({"first_ms": median(waits[WARM_UP:]), "rss": memory})


trio.run(main)
