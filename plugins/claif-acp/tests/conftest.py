"""What the tests share: a client of the small agent that behaves as it is told."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from claif import Client
from claif.config import ConfigLoader

AGENT = Path(__file__).with_name("acp_agent.py")
Opened = Callable[..., AbstractAsyncContextManager[Client]]


class Place:
    """Where an agent works, and what it was told."""

    def __init__(self, folder: Path) -> None:
        self.home, self.work, self.log = folder / "home", folder / "work", folder / "log.jsonl"
        for path in (self.home, self.work):
            path.mkdir(mode=0o700)
        self.log.touch()

    def config(self, behaviour: str, *words: str, keep_warm: bool = False, **settings: Any) -> dict[str, Any]:
        """A configuration whose default provider is the small agent."""
        command = [sys.executable, "-I", str(AGENT), behaviour, str(self.log), *words]
        table = {"type": "acp", "command": command, "directory": str(self.work), **settings}
        return {
            "general": {"default_provider": "small", "timeout": 30, "keep_warm": keep_warm},
            "providers": {"small": table},
            "sandbox": {"level": "off"},
        }

    def told(self, method: str) -> list[dict[str, Any]]:
        """The parameters of what the agent was told by a method, in order."""
        lines = [json.loads(line) for line in self.log.read_text().split("\n")[:-1]]  # the last is being written
        return [line.get("params", {}) for line in lines if line.get("method") == method]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Fresh folders."""
    return Place(tmp_path)


@pytest.fixture
def opened(place: Place) -> Opened:
    """Opens a client whose default provider is the small agent."""

    @asynccontextmanager
    async def client(behaviour: str, *words: str, approver: Any = None, **settings: Any) -> AsyncIterator[Client]:
        config = ConfigLoader.from_mapping(place.config(behaviour, *words, **settings), home=place.home)
        async with Client(config, approver=approver) as found:
            yield found

    return client
