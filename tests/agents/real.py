"""The real agents as providers of a client that talks to the scripted server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio
from attrs import frozen

from agents.acp_clis import MODELS
from agents.clis import KEY
from claif import Client
from claif.config import ConfigLoader
from claif.models import Decision, Event, PermissionRequest, TextDelta
from claif.testing import ScriptedServer
from claif.transport.broker.client import Broker
from claif.transport.process.pool import Pool

PATIENCE = 60.0
"""Seconds after which a query hangs."""


@frozen
class Agent:
    """A real agent.

    Args:
        name: of the provider.
        program: its path.
        suffix: what its base URL has after the behaviour.
        home: Claif's own folder.
        directory: where it works.
    """

    name: str
    program: Path
    suffix: str
    home: Path
    directory: Path

    def config(self, server: ScriptedServer, **behaviour: object) -> dict[str, Any]:
        """A configuration with the agent as the default, whose API behaves so."""
        url = server.url(**behaviour).removesuffix("/v1") + self.suffix
        table = {"path": str(self.program), "api_key": KEY, "base_url": url, "max_retries": 0, "model": self.model}
        return {
            "general": {"default_provider": self.name, "timeout": PATIENCE},
            "providers": {self.name: table | {"directory": str(self.directory)}},
        }

    @property
    def model(self) -> str:
        """A model that it knows."""
        return {"claude": "claude-sonnet-4-5", "codex": "gpt-5-codex", **MODELS}[self.name]

    @asynccontextmanager
    async def client(
        self,
        server: ScriptedServer,
        *,
        settings: dict[str, Any] | None = None,
        general: dict[str, Any] | None = None,
        approver: Any = None,
        **behaviour: object,
    ) -> AsyncIterator[Client]:
        """A client that asks it; `settings` are added to its table, `general` to that of all."""
        config = self.config(server, **behaviour)
        config["general"] |= general or {}
        config["providers"][self.name] |= settings or {}
        loader = ConfigLoader.from_mapping(config, home=self.home)
        async with Client(loader, approver=approver) as client:
            yield client

    def pool(self, client: Client) -> Pool:
        """The warm processes of a client."""
        return client.provider(self.name).context.processes.pool


def approve(*, allowed: bool) -> tuple[Callable[[PermissionRequest], Any], list[PermissionRequest]]:
    """An approver that always says the same, and what it was asked."""
    asked: list[PermissionRequest] = []

    async def answer(request: PermissionRequest) -> Decision:
        asked.append(request)
        return Decision(allowed=allowed, by="user")

    return answer, asked


async def events_of(client: Client, prompt: str, **how: Any) -> list[Event]:
    """The events of one streamed answer."""
    async with client.stream(prompt, **how) as stream:
        return [event async for event in stream]


def text_of(events: list[Event]) -> str:
    """The text of the deltas."""
    return "".join([event.text for event in events if isinstance(event, TextDelta)])


def survivors(marker: str) -> list[str]:
    """The command lines of processes that have a text in theirs."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if marker in line:
            found.append(line)
    return found


@asynccontextmanager
async def broker_of(home: Path) -> AsyncIterator[None]:
    """A block after which the broker of a home is gone, and all that it kept."""
    try:
        yield
    finally:
        with trio.move_on_after(PATIENCE, shield=True):
            await Broker(home).tell("stop")
            while survivors(str(home)):  # noqa: ASYNC110 - nobody tells of it
                await trio.sleep(0.02)
