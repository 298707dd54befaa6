"""Every failure of an API ends a query of the real agents with a typed error, in time, and leaves nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from agents.conftest import agent_of
from agents.failures import CAUSES, MATRIX
from agents.real import survivors
from claif.errors import ClaifError
from claif.testing import ScriptedServer

DEADLINES = {"claude": 12.0, "codex": 12.0, "gemini": 12.0, "qwen": 12.0, "opencode": 20.0}
"""Seconds of a query that nothing else ends: more than a cold start takes, also on a busy machine."""
GUARD = 60.0
"""Seconds of any other query."""
pytestmark = pytest.mark.patience(100)


@pytest.mark.parametrize("name", MATRIX)
@pytest.mark.parametrize("cause", CAUSES)
async def test_a_failure_is_what_the_table_says(name: str, cause: str, tmp_path: Path) -> None:
    agent, outcome = agent_of(name, tmp_path), MATRIX[name][cause]
    deadline = DEADLINES[name] if outcome.deadline else GUARD
    error: ClaifError | None = None
    async with ScriptedServer() as server, agent.client(server, **CAUSES[cause][1]) as client:
        began = trio.current_time()
        try:
            await client.query("hi", timeout=deadline)
        except ClaifError as caught:
            error = caught
        took = trio.current_time() - began
        assert server.requests, "it did not even ask"
    assert type(error) is (outcome.kind or type(None)), repr(error)
    if error is not None:
        assert (error.status, error.provider) == (outcome.status, name)
    # Beyond its deadline a query takes no longer than it takes to end an agent; the rest is for a busy machine.
    assert took < deadline + 1
    assert (took >= deadline) == outcome.deadline
    assert not survivors(str(agent.home))


def test_every_cause_has_an_outcome_for_every_agent() -> None:
    assert all(outcomes.keys() == CAUSES.keys() for outcomes in MATRIX.values())
