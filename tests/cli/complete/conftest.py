"""A `claif` that shells find by its name."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

CONFIG = """\
[general]
timeout = 60
[providers.home]
type = "scripted"
model = "llama3.2:3b"
extra = 1
[providers."odd name"]
model = "$(touch evil)"
"""


@pytest.fixture
def claif(cli, monkeypatch):
    """The environment of a user who has plugins, a configuration, and `claif` on the path."""
    cli.config(CONFIG)
    program = cli.folder / "bin" / "claif"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m claif "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    user = cli.folder / "user"
    user.mkdir()
    cli.env.update(PATH=f"{program.parent}{os.pathsep}{os.environ['PATH']}", HOME=str(user), LC_ALL="C.UTF-8")
    return cli


@pytest.fixture
def user(claif) -> Path:
    """The user's home."""
    return Path(claif.env["HOME"])
