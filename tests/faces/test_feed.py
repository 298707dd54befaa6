"""The feed between the threads: no event is lost, none is out of order, and nobody sleeps through a wake-up."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
import trio
from faces.loops import Loop
from faces.support import GUARD, Probe, given

import claif
from claif.api import Emit, Query, TextDelta
from claif.pipeline.edge import LIMIT


@pytest.fixture(autouse=True)
def threads_that_switch_all_the_time() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


async def uneven(query: Query, emit: Emit, probe: Probe) -> None:
    """Count to the number asked for, now in bursts and now step by step."""
    random = Random(query.prompt)
    for number in range(int(query.prompt)):
        await emit(TextDelta(f"{number} "))
        if random.random() < 0.3:
            await trio.lowlevel.checkpoint()


LENGTHS = [1, LIMIT - 2, LIMIT - 1, LIMIT, LIMIT + 1, 2 * LIMIT, 1000, 2500]


def text_of(length: int) -> str:
    return "".join(f"{number} " for number in range(length))


def test_in_threads() -> None:
    def read(client: claif.blocking.Client, length: int) -> str:
        random = Random(length)
        texts = []
        with client.stream(str(length)) as stream:
            for event in stream:
                if isinstance(event, TextDelta):
                    texts.append(event.text)
                if random.random() < 0.05:
                    sum(range(2000))  # a consumer that is slow now and then, so that the window fills
        return "".join(texts)

    with claif.blocking.Client(**given(Probe(uneven))) as client, ThreadPoolExecutor(4) as pool:
        running = {length: pool.submit(read, client, length) for length in LENGTHS}
        assert {length: one.result(GUARD) for length, one in running.items()} == {n: text_of(n) for n in LENGTHS}


def test_in_tasks(loop: Loop) -> None:
    async def read(client: claif.aio.Client, length: int) -> str:
        random = Random(length)
        texts = []
        async with client.stream(str(length)) as stream:
            async for event in stream:
                if isinstance(event, TextDelta):
                    texts.append(event.text)
                if random.random() < 0.05:
                    await asyncio.sleep(0)
        return "".join(texts)

    async def main() -> None:
        async with claif.aio.Client(**given(Probe(uneven))) as client:
            texts = await asyncio.gather(*(read(client, length) for length in LENGTHS))
        assert texts == [text_of(length) for length in LENGTHS]

    loop.run(main)
