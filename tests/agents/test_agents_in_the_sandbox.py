"""The real agents in each kind of confinement: they work, and their tools get nowhere else."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager

import pytest

from agents.real import PATIENCE, Agent
from claif import Client
from claif.config import ConfigLoader
from claif.errors import ClaifError
from claif.testing import ScriptedServer
from claif.transport.sandbox import prepare
from claif.transport.sandbox.levels import Available, Tool

pytestmark = pytest.mark.patience(100)


@asynccontextmanager
async def confined(agent: Agent, server: ScriptedServer, sandbox: dict, settings: dict | None = None, **behaviour):
    """A client whose agents are confined so."""
    config = agent.config(server, **behaviour) | {"sandbox": sandbox}
    config["providers"][agent.name] |= settings or {}
    async with Client(ConfigLoader.from_mapping(config, home=agent.home)) as client:
        yield client


@pytest.fixture(params=["bubblewrap", "landlock"])
def level(request, monkeypatch) -> str:
    """The best level of the machine."""
    machine = Available()
    if request.param != "bubblewrap":
        machine.bubblewrap = Tool(None, "the test wants none")
    monkeypatch.setattr(prepare, "available", lambda: machine)
    return request.param


@pytest.mark.parametrize("network", ["proxy", "open"])
async def test_through_the_proxy_it_reaches_its_model_and_its_tools_nobody_else(agent, level, network):
    async with ScriptedServer() as other, ScriptedServer() as server:
        script = f"bash -c 'exec 3<>/dev/tcp/127.0.0.1/{other.port} && echo reached > made.txt'; echo ran >> made.txt"
        async with confined(agent, server, {"network": network}, shell=script) as client:
            reply = await client.query("go", permission="full")
        assert reply.sandbox == level
        assert (agent.directory / "made.txt").read_text() == ("ran\n" if network == "proxy" else "reached\nran\n")
        assert other.connections == (0 if network == "proxy" else 1)


async def test_without_a_network_it_says_that_it_cannot_reach_its_model(agent, level):
    async with ScriptedServer() as server, confined(agent, server, {"network": "none"}, text="hi") as client:
        with pytest.raises(ClaifError):
            await client.query("go", timeout=PATIENCE / 3)
        assert server.requests == []


async def test_its_tools_read_no_keys_and_change_nothing_that_governs(agent, monkeypatch, tmp_path):
    home = tmp_path / "user"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "id").write_text("canary")
    monkeypatch.setenv("HOME", str(home))
    own = agent.home / "agents" / agent.name
    own.mkdir(parents=True, mode=0o700)
    settings = {"claude": "settings.json", "codex": "config.toml"}[agent.name]
    (own / settings).write_text({"claude": "{}", "codex": ""}[agent.name])
    (agent.directory / ".env").write_text("canary")
    script = (
        f"cat {home}/.ssh/id .env > made.txt; echo x >> {own}/{settings}; mkdir -p .git/hooks && echo x > .git/hooks/x;"
        "echo ran >> made.txt"
    )
    async with ScriptedServer() as server, confined(agent, server, {}, shell=script) as client:
        reply = await client.query("go", permission="full")
    assert reply.sandbox == "bubblewrap"
    assert (agent.directory / "made.txt").read_text() == "ran\n"
    assert (own / settings).read_text() == {"claude": "{}", "codex": ""}[agent.name]
    assert sorted(os.listdir(agent.directory)) == [".env", "made.txt"]


async def test_codex_exec_brings_a_sandbox_of_its_own(agent):
    if agent.name != "codex":
        return
    async with ScriptedServer() as server:
        script = "touch made.txt; echo ran"
        async with confined(agent, server, {}, {"protocol": "exec"}, shell=script) as client:
            reply = await client.query("go", permission="plan")
            assert reply.sandbox == ("group" if os.getuid() == 0 else "bubblewrap")
            assert not (agent.directory / "made.txt").exists()
            await client.query("go", permission="edit")
            assert (agent.directory / "made.txt").exists()
