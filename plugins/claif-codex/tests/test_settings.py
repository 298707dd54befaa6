"""Settings of Codex: what it cannot heed is refused and never passed over."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from claif_codex.settings import CodexSettings

from claif import Client
from claif.config import Config, ConfigLoader
from claif.errors import InvalidConfigError, InvalidQueryError


def configured(table: dict[str, Any], home: Path) -> Config:
    return ConfigLoader.from_mapping({"providers": {"codex": table}}, home=home).build()


@pytest.mark.parametrize(
    "table",
    [{"denied_tools": ["shell"]}, {"allowed_tools": ["shell"]}, {"max_retries": 21}, {"permission": "yolo"}],
    ids=str,
)
def test_what_cannot_be_heeded_is_refused(table: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        configured(table, tmp_path).settings("codex", CodexSettings)
    assert next(iter(table)) in str(caught.value.problems)


async def test_exec_is_asked_nothing_that_it_would_pass_over(tmp_path: Path) -> None:
    table = {"protocol": "exec", "path": sys.executable, "api_key": "x", "mcp_servers": {"calc": {"command": "calc"}}}
    async with Client(configured(table, tmp_path)) as client:
        with pytest.raises(InvalidQueryError, match="MCP"):
            await client.query("hi", provider="codex", directory=str(tmp_path))
