"""What a program says of itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from claif.agents.ask_version import ask_version
from claif.api import InstallError


def program(folder: Path, script: str) -> Path:
    path = folder / "thing"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("words", "version"),
    [
        ("2.1.330 (Claude Code)", "2.1.330"),
        ("codex-cli 0.169.0", "0.169.0"),
        ("v24.19.0", "24.19.0"),
        ("thing 1.2", "1.2"),
        ("thing 1.2.3-beta.4+x", "1.2.3-beta.4+x"),
        ("(node16) 4.5.6", "4.5.6"),
    ],
)
async def test_the_first_version_in_what_it_says_counts(words: str, version: str, tmp_path: Path) -> None:
    assert await ask_version(program(tmp_path, f"echo '{words}'"), {}) == version


async def test_it_gets_none_of_the_users_secrets_and_works_in_a_folder_of_its_own(tmp_path: Path) -> None:
    script = f'env > {tmp_path}/env; pwd > {tmp_path}/pwd; echo "$1" > {tmp_path}/arg; echo 1.2.3'
    await ask_version(program(tmp_path, script), {"PATH": "/bin:/usr/bin", "ANTHROPIC_API_KEY": "canary", "HOME": "/x"})
    assert "canary" not in (tmp_path / "env").read_text()
    assert (tmp_path / "arg").read_text() == "--version\n"
    assert not os.path.exists((tmp_path / "pwd").read_text().strip())  # noqa: ASYNC240 - a test may wait


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 1", "ended with exit code 1.*silently"),
        ("echo 1.2.3; exit 1", "exit code 1"),
        ("echo oops >&2; exit 2", "oops"),
        ("echo hello", "does not tell its version"),
        ("kill -11 $$", "SIGSEGV"),
        ("sleep 60", "within 1 s"),
    ],
)
async def test_what_does_not_tell_is_an_error_with_its_last_words(script: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(InstallError, match=reason):
        await ask_version(program(tmp_path, script), {"PATH": "/bin:/usr/bin"}, timeout=1 if "sleep" in script else 30)


async def test_what_cannot_be_started_is_an_error_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "thing"
    path.write_bytes(b"\x7fELF of another machine")
    path.chmod(0o755)
    with pytest.raises(InstallError, match="does not run on this machine"):
        await ask_version(path, {})
