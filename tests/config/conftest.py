"""What the tests of the configuration share: a home, a project, and a reader that looks at nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from claif.config import ConfigLoader


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def read(tmp_path: Path, home: Path) -> Callable[..., ConfigLoader]:
    """Read a user's file, a project's file, variables and command line that are given as texts and mappings."""

    def reader(user: str = "", *, project: str = "", environ: dict | None = None, cli: dict | None = None):
        file = home / "config.toml"
        file.write_text(user)
        file.chmod(0o600)
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        if project:
            (work / ".claif.toml").write_text(project)
        return ConfigLoader.read(home=home, environ=environ or {}, cwd=work, cli=cli)

    return reader
