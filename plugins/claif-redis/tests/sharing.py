"""A real Redis or Valkey, and what processes share in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from claif_redis.state import RedisState
from patience import until
from servers import RedisServer

from claif.api import Place, Rate, Spending


@pytest.fixture(scope="module", params=["redis", "valkey"])
def server(request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    with RedisServer(kind=request.param) as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_is_in_it(server: RedisServer) -> None:
    server.ask(b"FLUSHALL")


def sharing(server: RedisServer, prefix: str = "claif") -> RedisState:
    """With the patience of a test: here it matters what is answered, not how soon."""
    return RedisState(server.url, prefix=prefix, timeout=20.0)


async def told(shared: RedisState) -> None:
    """Wait until what was to be told soon has arrived."""
    await until(lambda: not (shared._queue or shared._sending.locked() or shared._taking_back), 20)


def rate(cost: float, *, key: str = "tokens", per_second: float = 1.0, burst: float = 10.0) -> Rate:
    return Rate(key, per_second, burst, cost)


def place(holder: str, *, most: int = 1, lease: float = 60.0) -> Place:
    return Place("calls", most, holder, lease)


def spending(cost: float, *, key: str = "day", limit: float = 1.0, lasts: float = 60.0) -> Spending:
    return Spending(key, limit, cost, lasts)


def spent(server: RedisServer, key: str = "day") -> int | None:
    found = server.command(b"GET", f"claif:budget:{key}")
    return None if found is None else int(found)
