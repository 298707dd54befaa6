"""Settings of Codex: what it cannot heed is refused and never passed over."""

from __future__ import annotations

from pathlib import Path

import pytest
from claif_codex.settings import CodexSettings

from claif.config import ConfigLoader
from claif.errors import InvalidConfigError


@pytest.mark.parametrize(
    "table",
    [{"denied_tools": ["shell"]}, {"allowed_tools": ["shell"]}, {"max_retries": 21}, {"permission": "yolo"}],
    ids=str,
)
def test_what_cannot_be_heeded_is_refused(table: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        ConfigLoader.from_mapping({"providers": {"codex": table}}, home=tmp_path).build().settings(
            "codex", CodexSettings
        )
    assert next(iter(table)) in str(caught.value.problems)
