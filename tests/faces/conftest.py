"""Each test of the asyncio face runs under each event loop."""

from __future__ import annotations

import pytest
from faces.loops import LOOPS, Loop


@pytest.fixture(params=LOOPS)
def loop(request: pytest.FixtureRequest) -> Loop:
    """A kind of event loop."""
    return Loop(request.param)


@pytest.fixture(scope="session", autouse=True)
def _loops_were_there_before() -> None:
    """The first loop of uvloop opens a pipe that stays for the life of the process."""
    for name in LOOPS:
        Loop(name).new().close()
