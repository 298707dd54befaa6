"""What the doctor tells about the program of an agent."""

from __future__ import annotations

from pathlib import Path

import pytest

from claif.agents.diagnosis import check_program


@pytest.mark.parametrize(
    ("script", "state", "words"),
    [("echo 'codex-cli 1.2.3'", "ok", "version 1.2.3, "), ("echo no; exit 3", "fail", "does not tell its version")],
)
def test_its_version_is_asked_for(script: str, state: str, words: str, tmp_path: Path) -> None:
    program = tmp_path / "codex"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    (finding,) = check_program("codex", str(program), tmp_path, {"PATH": "/usr/bin:/bin"})
    assert finding.state == state
    assert words in finding.detail
    assert finding.remedy or state == "ok"


def test_nothing_is_told_of_one_that_is_not_here(tmp_path: Path) -> None:
    assert list(check_program("codex", None, tmp_path, {"PATH": str(tmp_path)})) == []
