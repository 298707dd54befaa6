"""A cache that several clients of a test use, and clients that use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from claif import Client
from claif.api import (
    CacheStore,
    Event,
    Finished,
    Reply,
    Usage,
    UsageReport,
    hookimpl,
)
from claif.cache.memory import MemoryStore
from claif.plugin.manager import PluginManager
from claif.testing import FakeProvider

ANSWER = ["Hel", "lo.", UsageReport(Usage(3, 2)), Finished()]


class Brings:
    """A plugin with one store for all clients of a test."""

    def __init__(self, store: CacheStore) -> None:
        self.store = store

    @hookimpl
    def claif_cache_store(self) -> CacheStore:
        return self.store


class Kept(MemoryStore):
    """A store that several clients use, as if they were in processes of their own, and that can be looked into."""

    local = False

    def __init__(self) -> None:
        super().__init__(10**6)
        self.asked = 0
        self.together: list[int] = []

    async def get(self, key: str) -> bytes | None:
        self.asked += 1
        return await super().get(key)

    async def get_all(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        self.together.append(len(keys))
        return await super().get_all(keys)

    async def all(self) -> list[bytes]:
        rows = [await MemoryStore.get(self, info.key) for info in await self.rows(limit=None)]
        return [row for row in rows if row is not None]


def client(store: CacheStore, *modules: object, mode: str = "read-write", **config: Any) -> Client:
    plugins = PluginManager()
    plugins.register(Brings(store), "its-store")
    for number, module in enumerate(modules):
        plugins.register(module, f"plugin-{number}")
    cache = {"mode": mode, "store": "mine", "salt": "salt", **config.pop("cache", {})}
    providers = config.pop("given", {"it": FakeProvider.scripted(ANSWER)})
    tables = {"general": {"default_provider": next(iter(providers))}, "cache": cache, **config}
    return Client(tables, plugins=plugins, providers=providers)


async def events_of(c: Client, prompt: str = "hi", **how: Any) -> tuple[list[Event], Reply | None]:
    async with c.stream(prompt, **{"temperature": 0, **how}) as stream:
        return [event async for event in stream], stream.reply
