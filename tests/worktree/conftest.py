"""A user with a home and a repository, and a home of Claif's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from worktree.repo import Repo


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a user who has configured nothing, although the variables of git are full of nonsense."""
    folder = tmp_path / "user"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith(("GIT_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nonexistent/index")
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    files = {
        "a.txt": "one\ntwo\n",
        "b.txt": "b\n",
        "sub/x.txt": "x\n",
        "sub/deep/y.txt": "y\n",
        ".gitignore": "*.log\n",
    }
    return Repo.make(tmp_path / "my repo", files)
