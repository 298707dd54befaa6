"""Three servers of one's own, each behind a network that can be made to fail, and a client that knows all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import trio
from attrs import define, field

from claif.api import ClaifError, Client
from claif.testing import FaultProxy, ScriptedServer

NAMES = ("first", "second", "third")


@define
class Tally:
    """What queries came to.

    Attributes:
        succeeded: by the provider that answered.
        failed: by the name of the error's class.
    """

    succeeded: Counter[str] = field(factory=Counter)
    failed: Counter[str] = field(factory=Counter)

    @property
    def share(self) -> float:
        """The share of the queries that succeeded."""
        return self.succeeded.total() / (self.succeeded.total() + self.failed.total())


@define
class Backends:
    """The client, and by the provider's name its server and the proxy before that."""

    client: Client
    servers: Mapping[str, ScriptedServer]
    proxies: Mapping[str, FaultProxy]

    async def ask(self, count: int, *, at_once: int = 32, provider: str = NAMES[0], **how: Any) -> Tally:
        """Ask so many queries, never more than `at_once` together.

        What is no error of Claif's is raised.
        """
        tally = Tally()
        numbers = iter(range(count))

        async def work() -> None:
            for number in numbers:
                try:
                    reply = await self.client.query(f"question {number}", provider=provider, **how)
                except ClaifError as error:
                    tally.failed[type(error).__name__] += 1
                else:
                    tally.succeeded[reply.provider] += 1

        async with trio.open_nursery() as nursery:
            for _ in range(min(count, at_once)):
                nursery.start_soon(work)
        return tally


@asynccontextmanager
async def backends(
    config: Mapping[str, Any] | None = None,
    *,
    table: Mapping[str, Any] | None = None,
    seed: int = 0,
    **behaviour: object,
) -> AsyncIterator[Backends]:
    """Run three servers with their proxies, and a client with the providers `first`, `second` and `third`.

    Args:
        config: more tables of the configuration, such as routes.
        table: more keys for each provider's table.
        seed: decides what the proxies do.
        **behaviour: how the servers behave, as `Behaviour` has it.
    """
    async with AsyncExitStack() as stack:
        servers = {name: await stack.enter_async_context(ScriptedServer()) for name in NAMES}
        proxies = {
            name: await stack.enter_async_context(FaultProxy(servers[name].port, seed=seed + number))
            for number, name in enumerate(NAMES)
        }
        tables = {
            name: {
                "type": "openai",
                "model": "scripted-1",
                "base_url": proxies[name].through(servers[name].url(**behaviour)),
                **(table or {}),
            }
            for name in NAMES
        }
        client = await stack.enter_async_context(Client({**(config or {}), "providers": tables}))
        yield Backends(client, servers, proxies)
