"""Ten thousand queries, races and hedged queries that are cancelled at any time leave nothing behind."""

from __future__ import annotations

import os
import sys
from random import Random
from typing import Any

import pytest
import trio
from patience import until
from routing.backends import NAMES, backends

pytestmark = pytest.mark.patience(300)

COUNT = 10_000
AT_ONCE = 32
ROUTES = {
    "plain": {"members": list(NAMES)},
    "hedged": {"members": list(NAMES), "hedge_after": 0.002},
    "busy": {"members": list(NAMES), "strategy": "least-busy"},
}


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(sys.platform != "linux", reason="counts descriptors in /proc")
async def test_what_is_cancelled_leaves_nothing_behind() -> None:
    limits = {"first": {"concurrency": 24}}
    rng = Random(7)
    async with backends({"routes": ROUTES, "limits": limits}, first=0.003) as found:
        await found.ask(40, provider="plain")
        await found.ask(40, provider="second")
        await found.ask(40, provider="third")
        before, tasks = descriptors(), trio.lowlevel.current_statistics().tasks_living
        numbers = iter(range(COUNT))

        async def ask(number: int) -> None:
            how: dict[str, Any] = {"provider": ("plain", "hedged", "busy")[number % 3]}
            if number % 4 == 3:
                await found.client.race("hi", providers=list(NAMES))
            else:
                await found.client.query("hi", **how)

        async def work() -> None:
            for number in numbers:
                with trio.move_on_after(rng.uniform(0, 0.02)):
                    await ask(number)

        async with trio.open_nursery() as nursery:
            for _ in range(AT_ONCE):
                nursery.start_soon(work)
        await until(lambda: trio.lowlevel.current_statistics().tasks_living <= tasks)
        health = found.client._router.book.known()
        assert {name: one.in_flight for name, one in health.items()} == dict.fromkeys(health, 0)
        for name in NAMES:
            assert (await found.ask(40, provider=name)).share == 1.0
        # Each provider keeps connections for who asks next, no more than were in use at once.
        await until(lambda: descriptors() <= before + 6 * AT_ONCE)
    assert descriptors() < before
