"""Runs `claif` as users do: in a process of its own, with a home of its own, in a pipe or on a terminal."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .terminal import Terminal

HERE = Path(__file__).parent
METADATA = "Metadata-Version: 2.1\nName: claif-scripted\nVersion: 1.0\nRequires-Dist: claif>=2.0.0.dev0,<3\n"
ENTRY_POINTS = """\
[claif]
scripted = scripted_hooks
[claif.providers]
scripted = scripted_plugin:ScriptedProvider
agent = scripted_plugin:ScriptedAgent
[claif.commands]
shout = scripted_plugin:shout
query = scripted_plugin:shout
broken = scripted_plugin:absent
"""


class Cli:
    """Starts `python -m claif` in a clean environment."""

    def __init__(self, folder: Path, plugins: Path) -> None:
        self.folder = folder
        self.env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ}
        self.env.update(
            CLAIF_HOME=str(folder / "home"),
            PYTHONPATH=str(plugins),
            PYTHONIOENCODING="utf-8",
            CLAIF_DEFAULT_PROVIDER="scripted",
        )

    def script(self, *steps: object) -> Cli:
        """Have the scripted provider play these steps."""
        path = self.folder / "script.json"
        path.write_text(json.dumps(steps), encoding="utf-8")
        self.env["CLAIF_TEST_SCRIPT"] = str(path)
        return self

    @property
    def until_go(self) -> dict[str, str]:
        """A step at which the scripted provider waits for `go`."""
        return {"type": "until", "path": str(self.folder / "go")}

    def go(self) -> None:
        """Let the scripted provider go on."""
        (self.folder / "go").touch()

    def config(self, text: str) -> Cli:
        """Write the user's configuration."""
        home = self.folder / "home"
        home.mkdir(mode=0o700, exist_ok=True)
        path = home / "config.toml"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return self

    def command(self, *args: str) -> list[str]:
        return [sys.executable, "-m", "claif", *args]

    def run(self, *args: str, stdin: bytes | int = subprocess.DEVNULL, timeout: float = 25.0, **env: str):
        """Run to its end; bytes are piped in."""
        given = {"input": stdin} if isinstance(stdin, bytes) else {"stdin": stdin}
        return subprocess.run(
            self.command(*args),
            capture_output=True,
            env={**self.env, **env},
            cwd=self.folder,
            timeout=timeout,
            check=False,
            **given,
        )

    def start(self, *args: str, **env: str) -> subprocess.Popen[bytes]:
        """Start it with pipes."""
        return subprocess.Popen(
            self.command(*args),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**self.env, **env},
            cwd=self.folder,
        )

    def terminal(
        self, *args: str, columns: int = 80, rows: int = 24, streams: dict[str, int] | None = None, **env: str
    ) -> Terminal:
        """Start it on a terminal; some of its standard streams may be something else."""
        merged = {**self.env, "TERM": "xterm-256color", **env}
        return Terminal(self.command(*args), merged, self.folder, columns, rows, **(streams or {}))

    def terminal_of(self, *command: str) -> Terminal:
        """Start another program on a terminal."""
        return Terminal(list(command), {**self.env, "TERM": "xterm-256color"}, self.folder, 80, 24)


@pytest.fixture(scope="session")
def plugin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plugins")
    for name in ("scripted_plugin.py", "scripted_hooks.py"):
        shutil.copy(HERE / name, folder)
    info = folder / "claif_scripted-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(METADATA, encoding="utf-8")
    (info / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    return folder


@pytest.fixture
def cli(tmp_path: Path, plugin_folder: Path) -> Cli:
    return Cli(tmp_path, plugin_folder)
