"""An agent whose program repeats what it hears."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import evolve
from transport.process.support import ECHO, python

from claif.api import AgentProvider, Job, Process, Query, Secret, TextDelta
from claif.pipeline.types import Emit

KEY = "sk-key-of-the-agent"


class EchoDriver:
    """Speaks with the echo, and remembers what was said in this conversation."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.said: list[str] = []
        self.turns = 0

    async def open(self) -> None:
        pass

    async def healthy(self) -> bool:
        return self.process.alive

    async def renew(self) -> bool:
        self.said.clear()
        return True

    async def interrupt(self) -> bool:
        return False

    def state(self) -> Mapping[str, Any]:
        return {"turns": self.turns, "said": self.said}

    def go_on(self, state: Mapping[str, Any]) -> None:
        self.turns, self.said = state["turns"], state["said"]

    async def turn(self, job: Job, emit: Emit) -> bool:
        self.said.append(job.query.prompt)
        self.turns += 1
        await self.process.send({"prompt": job.query.prompt})
        record = await self.process.receive()
        if record is None:
            raise self.process.ended("Echo")
        await emit(TextDelta(f"{self.process.pid} {self.turns} {'+'.join(self.said)}"))
        return True


class EchoAgent(AgentProvider):
    """An agent that says who it is, how often it was asked, and what was said in this conversation."""

    name = "echo"
    capabilities = frozenset({"text", "streaming", "agent"})
    script = ECHO

    def job(self, query: Query) -> Job:
        command = python(self.script, Path(self.settings.directory or ".").parent)
        command = evolve(command, environment={"KEY": self.settings.api_key or Secret(KEY), **self.settings.env})
        return Job(query=query, mode=self.settings.mode(None), command=command, policy=self.base_policy(query))

    def driver(self, process: Process, job: Job) -> EchoDriver:
        return EchoDriver(process)
