"""Providers that tell a test in another thread how far they are, so that no test has to sleep."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

import trio

from claif.api import Context, Emit, ModelInfo, Provider, Query, TextDelta
from claif.plugin.manager import PluginManager
from claif.testing import FakeProvider

GUARD = 20.0
"""Seconds after which a wait counts as hung."""


class Probe:
    """A factory of providers that do what `act(query, emit, probe)` does, and note when they begin and end.

    Attributes:
        reached: the provider was asked.
        over: the provider is done with a query, in whatever way.
        cancelled: how many of its queries were cancelled.
        running: how many of its queries run.
        disconnects: how often it was disconnected.
        thread: the thread it runs in.
        context: what the provider was given.
    """

    context: Context

    capabilities: ClassVar[frozenset[str]] = FakeProvider.capabilities

    def __init__(self, act: Callable[[Query, Emit, Probe], Awaitable[None]]) -> None:
        self.act = act
        self.reached = threading.Event()
        self.over = threading.Event()
        self.gone = threading.Event()
        self.cancelled = self.running = self.disconnects = self.sent = 0
        self.thread = 0

    def __call__(self, context: Context) -> Provider:
        return _Probed(context, self)


class _Probed(Provider):
    name = "probe"
    capabilities: ClassVar[frozenset[str]] = FakeProvider.capabilities

    def __init__(self, context: Context, probe: Probe) -> None:
        super().__init__(context)
        self.probe = probe
        probe.context = context

    async def disconnect(self) -> None:
        self.probe.disconnects += 1
        self.probe.gone.set()

    async def query(self, query: Query, emit: Emit) -> None:
        probe = self.probe
        probe.thread = threading.get_ident()
        probe.running += 1
        probe.reached.set()
        try:
            await probe.act(query, emit, probe)
        except trio.Cancelled:
            probe.cancelled += 1
            raise
        finally:
            probe.running -= 1
            probe.over.set()

    async def models(self) -> list[ModelInfo]:
        self.probe.reached.set()
        await trio.sleep_forever()
        raise AssertionError


async def hang(query: Query, emit: Emit, probe: Probe) -> None:
    await trio.sleep_forever()


async def one_then_hang(query: Query, emit: Emit, probe: Probe) -> None:
    await emit(TextDelta("first"))
    await trio.sleep_forever()


async def endless(query: Query, emit: Emit, probe: Probe) -> None:
    while True:
        await emit(TextDelta(f"{probe.sent} "))
        probe.sent += 1
        await trio.lowlevel.checkpoint()


def given(provider: Any) -> dict[str, Any]:
    """Arguments of any of the three clients, with this provider as the default and no installed plugins."""
    return {
        "config": {"general": {"default_provider": "probe"}},
        "plugins": PluginManager(),
        "providers": {"probe": provider},
    }


def answering(*answers: Any) -> dict[str, Any]:
    """Arguments of a client whose provider gives these answers."""
    return given(FakeProvider.scripted(*answers))
