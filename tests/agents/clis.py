"""The real agent CLIs for tests: where they are, and a clean environment that lets them talk to the scripted server.

`npm ci --prefix .ci/clis` installs them, pinned. `CLAIF_TEST_CLIS` names another folder with such `node_modules`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from needs import need

INSTALLED = Path(__file__).parents[2] / ".ci" / "clis"
KEY = "sk-dummy-of-the-tests"
NATIVE = {
    "claude": "@anthropic-ai/claude-code/bin/claude*",
    "codex": "@openai/codex-*/vendor/*/bin/codex",  # the native program, not its wrapper for Node
}
"""Where the programs that need no interpreter are below `node_modules`."""
PATIENCE = 120.0
"""Seconds after which a program hangs."""


def node_modules() -> Iterator[Path]:
    """Folders in which npm may have put the CLIs."""
    for folder in filter(None, [os.environ.get("CLAIF_TEST_CLIS"), str(INSTALLED)]):
        yield Path(folder) / "node_modules"


def find(pattern: str, name: str) -> Path | None:
    """The program below one of the folders of `node_modules`, else on PATH."""
    for folder in node_modules():
        for path in sorted(folder.glob(pattern)):
            if os.access(path, os.X_OK):
                return path.resolve()
    found = shutil.which(name)
    return Path(found).resolve() if found else None


def required(pattern: str, name: str) -> Path:
    """The program; without it the test is skipped, and fails where nothing may be missing."""
    program = find(pattern, name)
    need(program, f"{name} (npm ci --prefix .ci/clis)")
    assert program is not None
    return program


@pytest.fixture(scope="session")
def claude_program() -> Path:
    """The real Claude Code."""
    return required(NATIVE["claude"], "claude")


@pytest.fixture(scope="session")
def codex_program() -> Path:
    """The real Codex: the native program, not its wrapper for Node."""
    return required(NATIVE["codex"], "codex")


def clean_environment(home: Path) -> dict[str, str]:
    """Variables of a program that finds nothing of its user; `home` is made."""
    temporary = home / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    return {"PATH": os.defpath, "HOME": str(home), "TMPDIR": str(temporary), "LANG": "C.UTF-8"}


def claude_environment(home: Path, base_url: str, **more: str) -> dict[str, str]:
    """Variables with which Claude Code asks the server at `base_url` (without `/v1`) and nobody else."""
    return {
        **clean_environment(home),
        "CLAUDE_CONFIG_DIR": str(home / ".claude"),
        "ANTHROPIC_BASE_URL": base_url,
        "ANTHROPIC_API_KEY": KEY,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
        "DISABLE_TELEMETRY": "1",
        "DISABLE_ERROR_REPORTING": "1",
        "CLAUDE_CODE_MAX_RETRIES": "1",
        **more,
    }


def codex_environment(home: Path) -> dict[str, str]:
    """Variables of Codex with a home of its own; `codex_arguments` names the server."""
    codex_home = home / ".codex"
    codex_home.mkdir(parents=True, exist_ok=True)
    # Codex refuses to have its home below the folder for temporary files: TMPDIR is another one beside it.
    return {**clean_environment(home), "CODEX_HOME": str(codex_home), "CLAIF_TEST_KEY": KEY, "NO_COLOR": "1"}


def codex_arguments(base_url: str, *, stall: float = 5.0) -> list[str]:
    """Options with which Codex asks the server at `base_url` (with `/v1`), once, and waits so many seconds for it."""
    settings = {
        "name": '"scripted"',
        "base_url": f'"{base_url}"',
        "env_key": '"CLAIF_TEST_KEY"',
        "wire_api": '"responses"',
        "request_max_retries": "0",
        "stream_max_retries": "0",
        "stream_idle_timeout_ms": str(int(stall * 1000)),
    }
    table = ",".join(f"{name}={value}" for name, value in settings.items())
    return [
        "-c",
        'model_provider="scripted"',
        "-c",
        'model="gpt-5-codex"',
        "-c",
        f"model_providers.scripted={{{table}}}",
    ]


@frozen
class Run:
    """What a program did: the JSON lines of its standard output, the rest, and how it ended."""

    events: list[dict[str, Any]]
    errors: str
    code: int

    def last(self, kind: str) -> dict[str, Any]:
        """The last event of a type."""
        return next(event for event in reversed(self.events) if event["type"] == kind)


def run(program: Path, arguments: list[str], environment: dict[str, str], prompt: str = "") -> Run:
    """Run a program in an empty directory to its end, with a prompt on its standard input."""
    directory = Path(environment["HOME"]) / "work"
    directory.mkdir(exist_ok=True)
    done = subprocess.run(
        [program, *arguments],
        input=prompt.encode(),
        env=environment,
        cwd=directory,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    events = [json.loads(line) for line in done.stdout.split(b"\n") if line.startswith(b"{")]
    return Run(events, done.stderr.decode(errors="replace"), done.returncode)
