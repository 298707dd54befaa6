"""Each of the real agents, with a home and a directory of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.acp_clis import acp_cli
from agents.clis import claude_program, codex_program
from agents.real import Agent

__all__ = ["claude_program", "codex_program"]


@pytest.fixture(params=["gemini", "qwen", "opencode"])
def acp_agent(request: pytest.FixtureRequest, tmp_path: Path) -> Agent:
    """One of the real agents that speak the Agent Client Protocol."""
    return acp_agent_of(request.param, tmp_path)


def acp_agent_of(name: str, folder: Path) -> Agent:
    """A real agent that speaks the Agent Client Protocol, with a home and a directory in a folder."""
    cli = acp_cli(name)
    for place in ("home", "work"):
        (folder / place).mkdir(mode=0o700)
    return Agent(name, cli.program, "" if name == "gemini" else "/v1", folder / "home", folder / "work")


@pytest.fixture(params=["claude", "codex"])
def agent(request: pytest.FixtureRequest, tmp_path: Path) -> Agent:
    """One of the real agents."""
    program: Path = request.getfixturevalue(f"{request.param}_program")
    for name in ("home", "work"):
        (tmp_path / name).mkdir(mode=0o700)
    suffix = {"claude": "", "codex": "/v1"}[request.param]
    return Agent(request.param, program, suffix, tmp_path / "home", tmp_path / "work")
