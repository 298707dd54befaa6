"""Which login Claude Code gets, and where it may be sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from claif_claude.provider import KEYS, ClaudeProvider

from claif.api import Client, MissingAPIKeyError, Query, Secret

LOGIN = "sk-the-users-own"


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A configuration of Claude Code on a machine whose user is not logged in."""
    program = tmp_path / "claude"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLAIF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "users"))
    return {"path": str(program), "directory": str(tmp_path)}


async def environment_of(table: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The state of the provider, and the variables of its process."""
    async with Client({"providers": {"claude": table}}, providers={"claude": ClaudeProvider}) as client:
        (member,) = [member for member in client.providers() if member.name == "claude"]
        provider = client.provider("claude")
        assert isinstance(provider, ClaudeProvider)
        return member.status.state, dict(provider.job(Query("hi")).command.environment)


@pytest.mark.parametrize("name", KEYS)
async def test_a_login_in_the_environment_is_handed_on_unseen(
    name: str, table: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await environment_of(table))[0] == "no key"
    monkeypatch.setenv(name, LOGIN)
    state, variables = await environment_of(table)
    assert state == "ready"
    assert isinstance(variables[name], Secret)
    assert variables[name].reveal() == LOGIN
    assert LOGIN not in repr(variables)


async def test_a_key_of_the_configuration_wins(table: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.setenv(name, LOGIN)
    _, variables = await environment_of(table | {"api_key": "sk-configured"})
    assert variables["ANTHROPIC_API_KEY"].reveal() == "sk-configured"
    assert not set(KEYS[1:]) & set(variables)
    assert variables["CLAUDE_CONFIG_DIR"].startswith(str(Path(table["directory"]) / "home"))


async def test_a_login_is_not_sent_to_another_endpoint(table: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", LOGIN)
    elsewhere = table | {"base_url": "http://127.0.0.1:4000"}
    with pytest.raises(MissingAPIKeyError, match="not sent") as caught:
        await environment_of(elsewhere)
    assert "providers.claude.api_key" in (caught.value.hint or "")
    state, variables = await environment_of(elsewhere | {"api_key": "sk-for-it"})
    assert state == "ready"
    assert variables["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:4000"
    assert variables["ANTHROPIC_API_KEY"].reveal() == "sk-for-it"


async def test_a_script_is_run_by_the_node_that_was_found(
    table: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("node", "claude.js"):
        (tmp_path / name).write_text("#!/usr/bin/env node\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    config = {"providers": {"claude": {**table, "path": str(tmp_path / "claude.js"), "api_key": "k"}}}
    async with Client(config, providers={"claude": ClaudeProvider}) as client:
        provider = client.provider("claude")
        assert isinstance(provider, ClaudeProvider)
        command = provider.job(Query("hi")).command
    assert (command.interpreter, command.program) == (tmp_path / "node", tmp_path / "claude.js")
