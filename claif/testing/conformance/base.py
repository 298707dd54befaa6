"""How the conformance suite reaches the provider under test."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from ...client import Client
from ...errors import ClaifError
from ...models import Event, TextDelta
from ..server import ScriptedServer
from .lacking import Lacking

NAME = "under_test"
SOON = 20.0
"""Seconds of real time within which something that is due must have happened."""


def joined(events: list[Event]) -> str:
    """The text of all deltas."""
    return "".join([event.text for event in events if isinstance(event, TextDelta)])


class Conformance(Lacking, ABC):
    """What all parts of the suite share: the server, the client and how to ask.

    The scripted server speaks chat completions. A provider of another protocol overrides `serving` to bring a server of
    its own with the same `url`, `open`, `connections`, `restart` and `wait_until_open`.
    """

    @abstractmethod
    def settings(self, server: ScriptedServer, **behaviour: object) -> Mapping[str, Any]:
        """The provider's table of the configuration, such that its server behaves as `Behaviour` describes.

        Args:
            server: the running server.
            **behaviour: for `server.url`.
        """

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[ScriptedServer]:
        """The server that the provider asks."""
        async with ScriptedServer() as server:
            yield server

    def client(
        self, server: ScriptedServer, *, limits: Mapping[str, float] | None = None, **behaviour: object
    ) -> Client:
        """A client that has the provider as `under_test`, and as its default.

        Args:
            server: the running server.
            limits: time limits for the provider's table of the configuration, in seconds.
            **behaviour: for `settings`.
        """
        table = {"model": "scripted-1", **self.settings(server, **behaviour), **(limits or {})}
        general = {"default_provider": NAME}
        return Client({"general": general, "providers": {NAME: table}, "cache": {"store": "memory"}})

    async def collect(self, client: Client, prompt: str = "hi", *, timeout: float | None = None) -> list[Event]:
        """The events of one streamed answer; `timeout` is in seconds."""
        async with client.stream(prompt, timeout=timeout) as stream:
            return [event async for event in stream]

    async def error_of(self, client: Client, *, stream: bool = True, timeout: float | None = None) -> ClaifError:
        """The error with which a query ends; that it ends well, or with something else, fails the test."""
        try:
            await (self.collect(client, timeout=timeout) if stream else client.query("hi", timeout=timeout))
        except ClaifError as error:
            return error
        raise AssertionError("the query ended well")

    async def failure(self, server: ScriptedServer, *, stream: bool = True, **behaviour: object) -> ClaifError:
        """The error with which a query to a server that behaves so ends."""
        async with self.client(server, limits=None, **behaviour) as client:
            return await self.error_of(client, stream=stream)
