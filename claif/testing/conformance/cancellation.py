"""Conformance: a query can be cancelled at each of its waits, and nothing of it remains."""

# ruff: noqa: S101 - assertions are what the suite is for
from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from ..leaks import open_descriptors
from ..steps import cancelled_at_every_step
from .base import SOON, Conformance

if TYPE_CHECKING:
    from ..server import ScriptedServer

ANSWER = "one two"
"""Short, because every wait of the query is a query of its own here."""
SETTLING = SOON
"""Seconds of real time within which tasks and descriptors of what has ended are gone."""
ONE = 1
"""The connection that a client may keep which asks one query after another."""


class Cancellation(Conformance):
    """No connection, no task and no descriptor outlives what was cancelled."""

    async def test_a_query_cancelled_at_any_step_leaks_nothing(self) -> None:
        """On a client that goes on and asks again, streamed or not."""
        async with self.serving() as server, self.client(server, text=ANSWER) as client:

            async def stream() -> None:
                await self.collect(client)

            async def whole() -> None:
                await client.query("hi")

            await stream()
            await whole()
            await server.wait_until_open(ONE, SOON)
            before = held()
            for work in (stream, whole):
                async for _ in cancelled_at_every_step(work):
                    await server.wait_until_open(ONE, SOON)
            assert (await client.query("hi")).text == ANSWER
            await settled(before, server, ONE)

    async def test_a_client_cancelled_at_any_step_leaks_nothing(self) -> None:
        """From opening it, connecting the provider and the first query to closing it."""
        async with self.serving() as server:

            async def once() -> None:
                async with self.client(server, text=ANSWER) as client:
                    await self.collect(client)

            await once()
            before = held()
            async for _ in cancelled_at_every_step(once):
                await server.wait_until_open(0, SOON)
            await settled(before, server, 0)


async def settled(before: tuple[int, int], server: ScriptedServer, connections: int) -> None:
    """Wait until no more tasks, descriptors and connections are there than before; that they stay fails the test."""
    await server.wait_until_open(connections, SOON)
    with trio.move_on_after(SETTLING):
        while grown(held(), before):  # noqa: ASYNC110 - a test's patience, not a production wait
            await trio.sleep(0.01)
    now = held()
    assert not grown(now, before), f"(tasks, descriptors) were {before} before and are {now} now"


def held() -> tuple[int, int]:
    """How many tasks live and how many descriptors are open in this process."""
    return trio.lowlevel.current_statistics().tasks_living, len(open_descriptors())


def grown(now: tuple[int, int], before: tuple[int, int]) -> bool:
    """Whether any of the counts has grown."""
    return any(count > earlier for count, earlier in zip(now, before, strict=True))
