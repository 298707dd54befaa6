"""What the doctor tells about the program of an agent."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from claif.agents.diagnosis import check_program
from claif.api import AgentProvider, AgentSettings

ENVIRON = {"PATH": "/usr/bin:/bin"}


def executable(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("script", "state", "words"),
    [("echo 'codex-cli 1.2.3'", "ok", "version 1.2.3, "), ("echo no; exit 3", "fail", "does not tell its version")],
)
def test_its_version_is_asked_for(script: str, state: str, words: str, tmp_path: Path) -> None:
    program = executable(tmp_path / "codex", f"#!/bin/sh\n{script}\n")
    finding = check_program(program, None, ENVIRON)
    assert finding.state == state
    assert words in finding.detail
    assert finding.remedy or state == "ok"


def test_a_script_is_asked_by_what_runs_it(tmp_path: Path) -> None:
    program = executable(tmp_path / "agent.js", "print('3.2.1')\n")
    assert "version 3.2.1" in check_program(program, Path(sys.executable), ENVIRON).detail


def test_nothing_is_told_of_one_that_is_not_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert list(AgentProvider.diagnose("x", AgentSettings(), tmp_path)) == []
