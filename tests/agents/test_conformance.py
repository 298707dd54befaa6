"""The agents keep the promises of every provider; fakes that behave like the real programs stand in for those."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from math import inf
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest
import trio

from claif.errors import TransportError
from claif.testing import FakeCLI, Pause, ProviderConformance, ScriptedServer
from claif.testing.behaviour import Behaviour
from claif.testing.fake_cli import Die, Echo, Fail, Step

ELSEWHERE = frozenset(
    {
        "garbage_is_a_typed_error",
        "connections_are_used_again",
        "a_rate_limit_tells_how_long_to_wait",
        "errors_are_typed",
        "a_server_that_is_down_is_a_connection_error",
        "an_error_inside_the_stream_is_typed",
        "a_cut_keeps_what_had_arrived",
    }
)
"""What is about HTTP. `test_failures` asks the real agents what becomes of the failures of their APIs, and `test_pool`
and `test_attacks` look at processes and their output."""
pytestmark = pytest.mark.patience(100)  # some start a process for each step of a query


class Programs:
    """Stands for the server: a program for each behaviour, and a process for each connection."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._down = False
        self._fakes: dict[str, FakeCLI] = {}

    def program(self, protocol: str, behaviour: Behaviour) -> Path:
        """The program that behaves so."""
        name = f"{protocol}-{abs(hash((behaviour, self._down)))}"
        if name not in self._fakes:
            steps = [Fail(0)] if self._down else steps_of(behaviour)
            self._fakes[name] = FakeCLI(self._folder / name, protocol, steps)  # type: ignore[arg-type] # as given
        return self._fakes[name].program

    @property
    def connections(self) -> int:
        """How many processes were started."""
        return sum(len(fake.runs) for fake in self._fakes.values())

    @property
    def open(self) -> int:
        """How many run."""
        return sum(len(fake.processes()) for fake in self._fakes.values())

    async def wait_until_open(self, count: int, seconds: float) -> None:
        """Wait until no more than so many run; a process that was kept for its next turn would count."""
        with trio.fail_after(seconds):
            while self.open > count:  # noqa: ASYNC110 - a test's patience
                await trio.sleep(0.01)

    async def restart(self) -> None:
        """End all that run."""
        for fake in self._fakes.values():
            for pid in fake.processes():
                with suppress(ProcessLookupError):  # it may have ended by itself meanwhile
                    os.kill(pid, signal.SIGKILL)

    async def stop(self) -> None:
        """Have every query from now on fail as if nobody could be reached."""
        self._down = True


def steps_of(behaviour: Behaviour) -> list[str | Step | Pause]:
    """What a program does that behaves so."""
    if behaviour.error or behaviour.drop:
        return [Fail(behaviour.error)]
    if behaviour.stall == "headers":
        return [Pause(inf)]
    if behaviour.echo:
        return [Echo()]
    pieces = [f"tok{number} " for number in range(behaviour.tokens)] or re.findall(r"\s*\S+", behaviour.text)
    ends = {behaviour.cut: Die(0), behaviour.short: Die(1)} | ({behaviour.after: Fail(500)} if behaviour.fail else {})
    steps: list[str | Step | Pause] = []
    for number, piece in enumerate(pieces, 1):
        if number in ends:
            return [*steps, ends[number]]
        steps += [Pause(behaviour.delay), piece]
        if behaviour.stall == "stream":
            return [*steps, Pause(inf)]
    return steps


class Agents(ProviderConformance):
    """An agent, each of whose queries has a process of its own."""

    __test__ = False
    protocol: ClassVar[str]

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CLAIF_HOME", str(tmp_path / "home"))
        (tmp_path / "work").mkdir()
        self.place = tmp_path

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[ScriptedServer]:
        yield cast("ScriptedServer", Programs(self.place))

    def settings(self, server: ScriptedServer, **behaviour: object) -> Mapping[str, Any]:
        program = cast("Programs", server).program(self.protocol, Behaviour(**behaviour))  # type: ignore[arg-type] # checked there
        return {
            "type": self.protocol,
            **self.table(program),
            "api_key": "sk-of-the-test",
            "directory": str(self.place / "work"),
            "warm": 0,
            "max_retries": 0,
        }

    def table(self, program: Path) -> Mapping[str, Any]:
        return {"path": str(program)}

    async def test_a_program_that_dies_keeps_what_had_arrived(self) -> None:
        async with self.serving() as server:
            for behaviour in ({"cut": 3}, {"short": 3}):
                error = await self.failure(server, text="one two three four", **behaviour)
                assert isinstance(error, TransportError)
                assert error.partial is not None
                assert error.partial.text == "one two"


class TestClaude(Agents):
    __test__ = True
    protocol = "claude"
    lacks = ELSEWHERE


class TestCodex(Agents):
    __test__ = True
    protocol = "codex"
    lacks = ELSEWHERE


class TestGemini(Agents):
    __test__ = True
    protocol = "gemini"
    lacks = ELSEWHERE


class TestAcp(Agents):
    __test__ = True
    protocol = "acp"
    lacks = ELSEWHERE

    def table(self, program: Path) -> Mapping[str, Any]:
        return {"command": [str(program)]}

    def settings(self, server: ScriptedServer, **behaviour: object) -> Mapping[str, Any]:
        return {name: value for name, value in super().settings(server, **behaviour).items() if name != "api_key"}
