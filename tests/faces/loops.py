"""The event loops that `claif.aio` is tested under: those that are installed here."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from faces.support import GUARD

T = TypeVar("T")

LOOPS = ["asyncio", *(["uvloop"] if importlib.util.find_spec("uvloop") else [])]
"""uvloop exists for POSIX only; tests/requirements.txt has it there."""


class Loop:
    """Runs coroutines under one kind of event loop, with a hang guard."""

    def __init__(self, name: str) -> None:
        self.name = name

    def new(self) -> asyncio.AbstractEventLoop:
        """An event loop of this kind."""
        if self.name == "uvloop":
            import uvloop

            return uvloop.new_event_loop()
        return asyncio.new_event_loop()

    def run(self, main: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """As `asyncio.run`."""

        async def guarded() -> T:
            return await asyncio.wait_for(main(), GUARD)

        with asyncio.Runner(loop_factory=self.new) as runner:
            return runner.run(guarded())
