"""Claif as a user installs it: in a virtual environment of its own, without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
TIMEOUT = 120
"""Seconds after which a command counts as hung."""


class Installation:
    """A virtual environment with Claif in it; what Claif depends on is borrowed from the environment of the tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work = folder / "work"
        self.work.mkdir(parents=True)
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("CLAIF_", "PYTHON"))
        }
        self.environment |= {"CLAIF_HOME": str(folder / "home"), "CLAIF_OFFLINE": "1", "NO_COLOR": "1"}
        # What is borrowed has the metadata of the plugins of this checkout, and not their code.
        self.environment["CLAIF_DISABLE_PLUGINS"] = "claif-memcached,claif-redis"
        venv.create(folder / "venv", with_pip=False)
        self.bin = folder / "venv" / "bin"
        paths = {"base": str(folder / "venv"), "platbase": str(folder / "venv")}
        self.packages = Path(sysconfig.get_path("purelib", "venv", paths))
        borrowed = dict.fromkeys([sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
        (self.packages / "borrowed.pth").write_text("\n".join(borrowed))

    def pip(self, *arguments: str) -> None:
        """Run pip on this environment, without network."""
        pip = [sys.executable, "-m", "pip", "--python", str(self.bin / "python"), "--disable-pip-version-check"]
        self.check([*pip, *arguments])

    def install(self, source: Path, *unwanted_names: str) -> None:
        """Install a distribution from a copy of its sources, so that building it leaves nothing behind."""
        copy = self.folder / "sources" / source.name
        unwanted = shutil.ignore_patterns(".*", "*.egg-info", "__pycache__", "build", "tests", *unwanted_names)
        shutil.copytree(source, copy, ignore=unwanted)
        self.pip("install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", str(copy))

    def install_claif(self) -> None:
        """Install this checkout."""
        self.install(ROOT, "docs", "plugins", "benchmarks")

    @contextmanager
    def having(self, **variables: str) -> Iterator[None]:
        """Run with more environment variables."""
        before, self.environment = self.environment, self.environment | variables
        try:
            yield
        finally:
            self.environment = before

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `claif`."""
        return self._run([str(self.bin / "claif"), *arguments])

    def claif(self, *arguments: str) -> str:
        """What `claif` prints when all goes well."""
        return self.check([str(self.bin / "claif"), *arguments])

    def check(self, command: Sequence[str], *, cwd: Path | None = None) -> str:
        """What a command prints that must not fail."""
        done = self._run(command, cwd)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _run(self, command: Sequence[str], cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=cwd or self.work,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
