"""A provider that tells which one it is and whether it may be asked, and a client that asks it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import trio

from claif import Client
from claif.api import Context, Emit, Provider, Query, TextDelta
from claif.plugin.manager import PluginManager

SECONDS = 10.0
"""How long an answer takes."""


class Numbered(Provider):
    """Answers with its number after a while, and knows whether it may be asked."""

    number = 0
    made: list[Numbered] = []

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.connected = False
        self.running = 0
        self.disconnects = 0
        self.ended_at: float | None = None
        type(self).made.append(self)

    async def connect(self) -> None:
        await trio.sleep(1)
        self.connected = True

    async def disconnect(self) -> None:
        assert not self.running, "it was disconnected while it was asked"
        self.connected = False
        self.disconnects += 1
        await trio.sleep(0.5)
        self.ended_at = trio.current_time()

    async def query(self, query: Query, emit: Emit) -> None:
        assert self.connected, "it was asked while it was not connected"
        self.running += 1
        try:
            await emit(TextDelta("from "))
            await trio.sleep(SECONDS)
            assert self.connected
            await emit(TextDelta(str(self.number)))
        finally:
            self.running -= 1


def numbered(number: int) -> type[Numbered]:
    return type("Made", (Numbered,), {"number": number, "made": []})


def asking(factory: Callable[[Context], Any], *modules: object, **config: Any) -> Client:
    plugins = PluginManager()
    for place, module in enumerate(modules):
        plugins.register(module, f"plugin-{place}")
    return Client({"general": {"default_provider": "it"}, **config}, plugins=plugins, providers={"it": factory})
