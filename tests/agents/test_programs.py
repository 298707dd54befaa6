"""Where an agent's program is found: the configured one, Claif's own, the one on PATH; and what is not trusted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.agents.programs import installed_program, programs_folder, read_record
from claif.api import AgentNotInstalledError, DependencyError, agent_program

RECORD = {
    "version": "1.2.3",
    "way": "npm",
    "source": "thing@1.2.3",
    "integrity": "sha512-x",
    "folder": "1.2.3-abcd",
    "program": "node_modules/agent/thing",
    "size": 7,
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def executable(path: Path, text: str = "#!/bin/") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def install(home: Path, **changes: Any) -> Path:
    """An installation of `thing` as its record tells."""
    record = RECORD | changes
    place = programs_folder(home) / "thing"
    place.mkdir(parents=True, mode=0o700, exist_ok=True)
    (place / "installed.json").write_text(json.dumps(record))
    (place / "installed.json").chmod(0o600)
    return executable(place / "1.2.3-abcd" / "node_modules" / "agent" / "thing")


def test_what_is_installed_is_found_by_its_record(home: Path) -> None:
    path = install(home)
    assert installed_program(home, "thing") == path
    record = read_record(home, "thing")
    assert record is not None
    assert (record.version, record.way, record.source) == ("1.2.3", "npm", "thing@1.2.3")


def test_what_is_not_installed_is_not_found(home: Path) -> None:
    assert installed_program(home, "thing") is None
    install(home)
    assert installed_program(home, "other") is None


@pytest.mark.parametrize("name", ["", "..", "../thing", "thing/..", "Thing", "a" * 65, "thing\0"])
def test_a_name_that_is_none_leads_nowhere(name: str, home: Path) -> None:
    install(home)
    assert installed_program(home, name) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"size": 8},
        {"size": "7"},
        {"version": None},
        {"folder": "../thing/1.2.3-abcd"},
        {"folder": ""},
        {"folder": ".."},
        {"program": "/bin/sh"},
        {"program": "../1.2.3-abcd/node_modules/agent/thing"},
        {"program": "node_modules\\agent\\thing"},
    ],
)
def test_a_record_that_does_not_fit_or_leads_elsewhere_is_none(changes: dict[str, Any], home: Path) -> None:
    install(home, **changes)
    assert installed_program(home, "thing") is None


def test_a_record_that_everybody_can_write_is_not_trusted(home: Path) -> None:
    install(home)
    (programs_folder(home) / "thing" / "installed.json").chmod(0o666)
    assert installed_program(home, "thing") is None


@given(text=st.text(max_size=60) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_a_record_may_be_anything(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")
    install(home)
    (programs_folder(home) / "thing" / "installed.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert installed_program(home, "thing") is None


def find(home: Path, path: Path, configured: str | None = None) -> Path:
    return agent_program("thing", configured=configured, home=home, environ={"PATH": str(path)})


def test_the_configured_program_comes_first_then_claifs_own_then_the_one_on_path(home: Path, tmp_path: Path) -> None:
    mine = executable(tmp_path / "mine" / "special")
    other = executable(tmp_path / "bin" / "thing")
    assert find(home, other.parent) == other
    own = install(home)
    assert find(home, other.parent) == own
    assert find(home, other.parent, str(mine)) == mine


def test_the_program_may_be_called_otherwise_than_the_agent(home: Path, tmp_path: Path) -> None:
    path = executable(tmp_path / "bin" / "thing-cli")
    environ = {"PATH": str(path.parent)}
    assert agent_program("thing", configured=None, home=home, environ=environ, executable="thing-cli") == path


def test_a_damaged_installation_is_passed_over(home: Path, tmp_path: Path) -> None:
    install(home).write_text("half")
    other = executable(tmp_path / "bin" / "thing")
    assert find(home, other.parent) == other


def test_where_there_is_none_the_error_names_the_agent_and_the_command(home: Path, tmp_path: Path) -> None:
    with pytest.raises(AgentNotInstalledError) as caught:
        find(home, tmp_path)
    assert caught.value.agent == "thing"
    assert caught.value.hint == "Install it: claif install thing"
    assert caught.value.to_dict()["agent"] == "thing"
    assert caught.value.exit_code == 9


def test_a_configured_program_that_is_not_there_is_the_users_to_mend(home: Path, tmp_path: Path) -> None:
    install(home)
    with pytest.raises(DependencyError) as caught:
        find(home, tmp_path, "/nowhere/thing")
    assert not isinstance(caught.value, AgentNotInstalledError)
    assert "path" in (caught.value.hint or "")
