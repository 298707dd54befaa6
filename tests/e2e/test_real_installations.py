"""The real agents, from the real registries, each way once; nothing of it stays behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from claif.api import script_interpreter
from claif.install.catalog import find

PATIENCE = 900
"""Seconds for a download of some hundred megabytes on a slow line."""

Claif = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def claif(tmp_path: Path) -> Claif:
    """Runs `claif` with a home of its own."""

    def run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        environ = {name: value for name, value in os.environ.items() if name != "CLAIF_OFFLINE"}
        return subprocess.run(
            [sys.executable, "-m", "claif", *arguments],
            env={**environ, "CLAIF_HOME": str(tmp_path / "home"), **env},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    return run


def installed(claif: Claif, *arguments: str, **env: str) -> dict[str, Any]:
    """Install, and give what is known of it."""
    done = claif("install", *arguments, "--json", **env)
    if done.returncode != 0 and not os.environ.get("CLAIF_REQUIRE_ALL"):
        pytest.skip(f"the registries are not to be reached: {done.stdout}")
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = json.loads(done.stdout)
    return found


def version_of(path: str, *before: Path) -> str:
    return subprocess.run([*before, path, "--version"], capture_output=True, text=True, check=True, timeout=120).stdout


@pytest.mark.parametrize(
    ("name", "way"),
    [
        *(("claude", "npm"), ("codex", "npm"), ("claude", "wheel"), ("codex", "wheel")),
        *(("gemini", "npm"), ("qwen", "npm"), ("opencode", "npm")),
    ],
)
def test_an_agent_is_installed_runs_and_is_removed(name: str, way: str, claif: Claif, tmp_path: Path) -> None:
    found = installed(claif, name, "--via", way)
    assert (found["way"], found["new"]) == (way, True)
    assert found["version"] in version_of(found["path"])
    if way == "npm":
        assert found["version"] == find(name).version
    (row,) = [row for row in json.loads(claif("install", "--json").stdout) if row["name"] == name]
    assert (row["by"], row["version"], row["state"]) == ("claif", found["version"], "ready")
    assert claif("uninstall", "--all").returncode == 0
    assert not [path for path in (tmp_path / "home" / "programs").iterdir() if path.suffix != ".lock"]


@pytest.mark.parametrize("name", ["claude", "gemini"])
def test_without_node_claif_brings_its_own_to_install_through_npm(name: str, claif: Claif, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    found = installed(claif, name, "--via", "npm", PATH=str(tmp_path / "empty"))
    assert (found["way"], found["integrity"][:7]) == ("npm", "sha512-")
    node = tmp_path / "home" / "programs" / "node" / "node"
    interpreter = script_interpreter(Path(found["path"]), tmp_path / "home", {"PATH": ""})
    assert found["version"] in version_of(found["path"], *([interpreter] if interpreter is not None else []))
    assert interpreter is None or interpreter.samefile(node)
    assert (interpreter is None) is (name == "claude")
    assert version_of(str(node)) == f"v{find('node').version}\n"
    assert claif("uninstall", "--all").returncode == 0
    assert not node.exists()
