"""Agents that are scripts for Node.js: which they are, and which Node.js runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from claif.agents.programs import programs_folder
from claif.agents.scripts import is_script
from claif.api import AgentNotInstalledError, AgentProvider, AgentSettings, Command, script_interpreter
from claif.transport.process.pool_key import command_key
from claif.transport.sandbox.policy import Policy


def executable(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def install_node(home: Path) -> Path:
    """Claif's own Node.js, as `claif install node` leaves it."""
    place = programs_folder(home) / "node"
    path = executable(place / "24-abcd" / "bin" / "node", "#!/bin/sh\n")
    record = {"version": "24.0.0", "way": "wheel", "source": "x", "integrity": "", "folder": "24-abcd"}
    (place / "installed.json").write_text(json.dumps(record | {"program": "bin/node", "size": path.stat().st_size}))
    (place / "installed.json").chmod(0o600)
    place.chmod(0o700)
    return path


@pytest.mark.parametrize(
    ("name", "text", "script"),
    [
        ("agent.js", "", True),
        ("agent.mjs", "", True),
        ("agent", "#!/usr/bin/env node\nx", True),
        ("agent", "#!/usr/bin/env -S node --no-warnings\nx", True),
        ("agent", "#! /opt/my node/bin/node\n", True),
        ("agent", "#!/usr/bin/nodejs\n", True),
        ("agent", "#!/bin/sh\nexec node x.js\n", False),
        ("agent", "#!/usr/bin/env python3\n", False),
        ("agent", "\x7fELF node", False),
        ("agent", "", False),
    ],
)
def test_a_script_is_known_by_its_name_or_its_first_line(name: str, text: str, script: bool, tmp_path: Path) -> None:
    assert is_script(executable(tmp_path / name, text)) is script


def test_a_link_to_a_script_is_one_and_what_is_not_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "agent").symlink_to(executable(tmp_path / "bundle" / "agent.js", ""))
    assert is_script(tmp_path / "agent")
    assert not is_script(tmp_path / "nothing")


def test_claifs_own_node_comes_before_the_one_on_path(tmp_path: Path) -> None:
    script = executable(tmp_path / "agent.js", "")
    on_path = executable(tmp_path / "bin" / "node", "#!/bin/sh\n")
    environ = {"PATH": str(on_path.parent)}
    assert script_interpreter(script, tmp_path / "home", environ) == on_path
    own = install_node(tmp_path / "home")
    assert script_interpreter(script, tmp_path / "home", environ) == own


def test_a_program_of_its_own_has_none(tmp_path: Path) -> None:
    assert script_interpreter(executable(tmp_path / "agent", "#!/bin/sh\n"), tmp_path, {"PATH": ""}) is None


def test_without_any_node_it_is_said_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(AgentNotInstalledError, match=r"Node\.js, which runs agent\.js") as caught:
        script_interpreter(executable(tmp_path / "agent.js", ""), tmp_path, {"PATH": str(tmp_path / "no")})
    assert (caught.value.agent, caught.value.hint) == ("node", "Install it: claif install node")


def test_a_process_of_another_interpreter_is_another(tmp_path: Path) -> None:
    keys = {
        command_key("x", Command(program=Path("/a"), interpreter=node, directory=tmp_path), Policy(directory=tmp_path))
        for node in (None, Path("/node-1"), Path("/node-2"))
    }
    assert len(keys) == 3


class Agent(AgentProvider):
    agent = "thing"


def test_a_provider_whose_script_nothing_runs_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = AgentSettings(path=str(executable(tmp_path / "agent.js", "")))
    monkeypatch.setenv("CLAIF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path / "no"))
    status = Agent.status("thing", settings)
    assert (status.state, status.hint) == ("not installed", "Install it: claif install node")
    install_node(tmp_path / "home")
    assert Agent.status("thing", settings).state == "ready"
