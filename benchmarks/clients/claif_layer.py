"""Claif: what a layer that does nothing costs a call, in one process and alternating with calls that do not have it."""

from __future__ import annotations

import argparse
import gc
import time
from contextlib import AsyncExitStack
from statistics import median

import trio
from common import finish

from claif import Client
from claif.api import Config, Emit, Handler, Layer, Provider, Query, Slot, TextDelta, hookimpl
from claif.config import ConfigLoader
from claif.plugin.manager import PluginManager

LAYERS = 10


class Echo(Provider):
    name = "echo"

    async def query(self, query: Query, emit: Emit) -> None:
        await emit(TextDelta(query.prompt))


def nothing(handler: Handler) -> Handler:
    async def call(query: Query, emit: Emit) -> None:
        await handler(query, emit)

    return call


class Plugin:
    """One plugin with some layers, all of them made once."""

    def __init__(self, count: int) -> None:
        self.layers = [Layer(slot=Slot.GUARD, wrap=nothing, name=f"nothing-{number}") for number in range(count)]

    @hookimpl
    def claif_query(self) -> list[Layer]:
        return self.layers


def manager(config: Config, plugins: int, layers: int) -> PluginManager:
    found = PluginManager.for_config(config)
    for number in range(plugins):
        found.register(Plugin(layers), f"bench-{number}")
    return found


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--window", type=float, default=1.0)
    window = parser.parse_args().window
    config = ConfigLoader.from_mapping({"general": {"default_provider": "echo"}}).build()
    costs: dict[tuple[int, int], list[float]] = {(0, 0): [], (1, LAYERS): [], (LAYERS, 1): []}
    async with AsyncExitStack() as stack:
        clients = {}
        for shape in costs:
            client = Client(config, plugins=manager(config, *shape), providers={"echo": Echo})
            clients[shape] = await stack.enter_async_context(client)
        for client in list(clients.values()) * 100:
            assert (await client.query("hi")).text == "hi"
        gc.collect()
        until = time.process_time() + 3 * window
        while time.process_time() < until:
            for shape, client in clients.items():
                start = time.process_time()
                for _ in range(100):
                    await client.query("hi")
                costs[shape].append((time.process_time() - start) * 1e6 / 100)
    plain, layers, plugins = costs.values()

    def each(more: list[float]) -> float:
        return median([(one - less) / LAYERS for one, less in zip(more, plain, strict=True)])

    finish({"layer_us": each(layers), "plugin_us": each(plugins), "call_us": median(plain)})


trio.run(main)
