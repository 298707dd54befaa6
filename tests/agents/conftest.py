"""Each of the real agents, with a home and a directory of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from claif_acp import driver

from agents.acp_clis import PLACES, acp_cli
from agents.clis import NATIVE, claude_program, codex_program, required
from agents.real import Agent
from claif.transport.process import pool

__all__ = ["claude_program", "codex_program"]

ACP = ("gemini", "qwen", "opencode")
"""Those that speak the Agent Client Protocol."""
NAMES = (*NATIVE, *ACP)


@pytest.fixture(autouse=True)
def _it_gets_ready_for_the_next_query_however_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "HEALTH_TIMEOUT", 20.0)
    monkeypatch.setattr(driver, "COMMANDS_TIMEOUT", 20.0)


@pytest.fixture(params=NATIVE)
def agent(request: pytest.FixtureRequest, tmp_path: Path) -> Agent:
    """Claude Code or Codex."""
    return agent_of(request.param, tmp_path)


@pytest.fixture(params=ACP)
def acp_agent(request: pytest.FixtureRequest, tmp_path: Path) -> Agent:
    """One of the real agents that speak the Agent Client Protocol."""
    return agent_of(request.param, tmp_path)


@pytest.fixture(params=NAMES)
def any_agent(request: pytest.FixtureRequest, tmp_path: Path) -> Agent:
    """One of the real agents."""
    return agent_of(request.param, tmp_path)


def agent_of(name: str, folder: Path) -> Agent:
    """A real agent with a home and a directory in a folder."""
    program = acp_cli(name).program if name in PLACES else required(NATIVE[name], name)
    for place in ("home", "work"):
        (folder / place).mkdir(mode=0o700)
    return Agent(name, program, "" if name in {"claude", "gemini"} else "/v1", folder / "home", folder / "work")
