"""Work is cancelled at each of its steps, and a provider that leaks then fails the conformance suite."""

from __future__ import annotations

import socket

import pytest
import trio

from claif.api import ChatCompletions, Client, Provider
from claif.testing import ProviderConformance
from claif.testing.steps import cancel_at_step, cancelled_at_every_step


async def three_waits(seen: list[int]) -> None:
    for number in range(3):
        await trio.lowlevel.checkpoint()
        seen.append(number)


async def test_each_wait_is_cancelled_once_and_then_the_work_ends() -> None:
    ends: list[list[int]] = []

    async def work() -> None:
        ends.append([])
        await three_waits(ends[-1])

    steps = [step async for step in cancelled_at_every_step(work)]
    assert ends[-1] == [0, 1, 2]
    assert [] in ends
    assert [0] in ends
    assert [0, 1] in ends
    assert steps == list(range(1, len(steps) + 1))


async def test_steps_of_tasks_below_count_and_those_beside_do_not() -> None:
    beside: list[int] = []

    async def work() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep_forever)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(three_waits, beside)
        assert await cancel_at_step(2, work)
    assert beside == [0, 1, 2]


async def test_work_without_so_many_steps_is_not_cancelled() -> None:
    seen: list[int] = []
    assert not await cancel_at_step(1000, lambda: three_waits(seen))
    assert seen == [0, 1, 2]


async def test_endless_work_is_a_failure_and_no_hang() -> None:
    async def work() -> None:
        for _ in range(100):
            await trio.lowlevel.checkpoint()

    with pytest.raises(AssertionError, match="more than 5 steps"):
        _ = [step async for step in cancelled_at_every_step(work, most=5)]


class Leaky(Provider):
    """Keeps a socket for every query that is cancelled."""

    kept: list[socket.socket] = []

    async def query(self, query, emit) -> None:
        mine = socket.socket()
        endpoint = self.context.http.endpoint(self.context.settings.base_url)
        self.kept.append(mine)
        await ChatCompletions(endpoint, provider=self.context.name, model="m").query(query, emit)
        self.kept.remove(mine)
        mine.close()


async def test_a_provider_that_leaks_when_it_is_cancelled_fails_the_suite(monkeypatch) -> None:
    class Suite(ProviderConformance):
        def settings(self, server, **behaviour):
            return {"base_url": server.url(**behaviour)}

        def client(self, server, **behaviour):
            table = {
                "general": {"default_provider": "leaky"},
                "providers": {"leaky": self.settings(server, **behaviour)},
            }
            return Client(table, providers={"leaky": Leaky})

    monkeypatch.setattr("claif.testing.conformance.cancellation.SETTLING", 0.3)
    try:
        with pytest.raises(AssertionError, match="descriptors"):
            await Suite().test_a_query_cancelled_at_any_step_leaks_nothing()
        assert Leaky.kept
    finally:
        for each in Leaky.kept:
            each.close()
