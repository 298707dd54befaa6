"""Claif: what a layer that does nothing costs a call, in one process and alternating with calls that do not have it."""

from __future__ import annotations

import argparse
import gc
import time
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


NOTHING = Layer(slot=Slot.GUARD, wrap=nothing, name="nothing")


class Nothing:
    @hookimpl
    def claif_query(self) -> Layer:
        return NOTHING


def manager(config: Config, layers: int) -> PluginManager:
    found = PluginManager.for_config(config)
    for number in range(layers):
        found.register(Nothing(), f"nothing-{number}")
    return found


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--window", type=float, default=1.0)
    window = parser.parse_args().window
    config = ConfigLoader.from_mapping({"general": {"default_provider": "echo"}}).build()
    plain: list[float] = []
    layered: list[float] = []
    async with (
        Client(config, plugins=manager(config, 0), providers={"echo": Echo}) as bare,
        Client(config, plugins=manager(config, LAYERS), providers={"echo": Echo}) as deep,
    ):
        for client in (bare, deep) * 100:
            assert (await client.query("hi")).text == "hi"
        gc.collect()
        until = time.process_time() + 2 * window
        while time.process_time() < until:
            for client, costs in ((bare, plain), (deep, layered)):
                start = time.process_time()
                for _ in range(100):
                    await client.query("hi")
                costs.append((time.process_time() - start) * 1e6 / 100)
    per_layer = median([(more - less) / LAYERS for more, less in zip(layered, plain, strict=True)])
    finish({"layer_us": per_layer, "call_us": median(plain)})


trio.run(main)
