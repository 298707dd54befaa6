"""Templates of a source of configuration."""

from __future__ import annotations

SUMMARY = "A source of configuration for Claif: {{name}}"

REQUIREMENTS = "    claif>=2.0.0.dev0,<3"

ENTRY_POINTS = """\
claif =
    {{name}} = {{package}}.source"""

USE = """\
```console
$ pip install .
$ export {{constant}}_CONFIG=/srv/team/claif.toml
$ claif config show --origin
```

What the user's own file, environment and options say goes before what this source says."""

SOURCE = '''\
"""The source: a TOML file that a team shares, in the place that an environment variable names."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from claif.api import ConfigSource, hookimpl

VARIABLE = "{{constant}}_CONFIG"
"""The environment variable with the path of the file."""


def load() -> Mapping[str, Any]:
    """The tables of the file; none without the variable. It runs in a thread; `async def` would run under trio."""
    import tomllib

    path = os.environ.get(VARIABLE)
    return tomllib.loads(Path(path).read_text(encoding="utf-8")) if path else {}


@hookimpl
def claif_config_sources(register: Callable[[ConfigSource], None]) -> None:
    """Add the source; one that must not fail says `fatal=True`."""
    register(ConfigSource("{{name}}", load, timeout=2.0))
'''

SOURCE_TEST = '''\
"""What the source adds to the configuration, and what happens when it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest
from claif.api import Client

from {{package}}.source import VARIABLE


@pytest.fixture
def missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the team's file should be."""
    path = tmp_path / "team.toml"
    monkeypatch.setenv(VARIABLE, str(path))
    return path


@pytest.fixture
def shared(missing: Path) -> Path:
    """The team's file."""
    missing.write_text("[general]\\ntimeout = 12.0\\n", encoding="utf-8")
    return missing


async def test_what_the_file_says_counts(shared: Path) -> None:
    """It is merged with everything else."""
    async with Client({}) as client:
        assert client.config.general.timeout == 12.0
        assert "{{name}}" in client.config.origin("general.timeout").where


async def test_the_user_goes_before_it(shared: Path) -> None:
    """A source never overrides what somebody wrote down for himself."""
    async with Client({"general": {"timeout": 7.0}}) as client:
        assert client.config.general.timeout == 7.0


async def test_a_file_that_cannot_be_read_is_told_and_stops_nobody(missing: Path) -> None:
    """There is none here."""
    async with Client({}) as client:
        assert "{{name}}" in [name for name, _ in client.plugins.warnings]


async def test_without_the_variable_it_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No warning either."""
    monkeypatch.delenv(VARIABLE, raising=False)
    async with Client({}) as client:
        assert "{{name}}" not in [name for name, _ in client.plugins.warnings]
'''

FILES = {"{{package}}/source.py": SOURCE, "tests/test_source.py": SOURCE_TEST}
