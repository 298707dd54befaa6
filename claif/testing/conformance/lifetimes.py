"""Conformance: what remains of connections and tasks."""

# ruff: noqa: S101 - assertions are what the suite is for
from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from ...errors import ClientClosedError
from ...models import TextDelta
from .base import SOON, Conformance
from .cancellation import held, settled

if TYPE_CHECKING:
    from ...client import Client


class Lifetimes(Conformance):
    """Nothing outlives what it was for, and nothing is opened twice."""

    async def test_leaving_a_stream_ends_its_exchange(self) -> None:
        """A consumer that has seen enough leaves no connection and no task behind, and can ask again."""
        async with self.serving() as server, self.client(server, tokens=1000, delay=0.01) as client:
            before = None
            for _ in range(3):
                async with client.stream("hi") as stream:
                    async for event in stream:
                        if isinstance(event, TextDelta):
                            break
                await server.wait_until_open(0, SOON)
                before = before or held()
            assert before is not None
            await settled(before, server, 0)

    async def test_a_restarted_server_is_found_again(self) -> None:
        """Connections that died meanwhile are replaced without an error."""
        async with self.serving() as server, self.client(server) as client:
            assert (await client.query("hi")).text
            await server.restart()
            assert (await client.query("hi")).text

    async def test_connections_are_used_again(self) -> None:
        """Queries one after another need one connection, streamed or not."""
        async with self.serving() as server, self.client(server) as client:
            for _ in range(5):
                await client.query("hi")
                await self.collect(client, "hi")
            assert server.connections == 1

    async def test_closing_the_client_ends_running_queries(self) -> None:
        """A query that runs when its client closes ends with `ClientClosedError` and leaves no connection."""
        errors: list[BaseException] = []

        async def ask(client: Client, started: trio.Event) -> None:
            try:
                async with client.stream("hi") as stream:
                    async for _ in stream:
                        started.set()
            except ClientClosedError as error:
                errors.append(error)

        async with self.serving() as server, trio.open_nursery() as nursery:
            started = trio.Event()
            async with self.client(server, tokens=1000, delay=0.01) as client:
                nursery.start_soon(ask, client, started)
                await started.wait()
            await server.wait_until_open(0, SOON)
        assert len(errors) == 1

    async def test_a_client_that_never_asked_closes(self) -> None:
        """Opening and closing without a query touches nobody."""
        async with self.serving() as server:
            async with self.client(server):
                pass
            assert server.connections == 0
