"""What the tests of plugins share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .sites import Site, importable


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """An empty folder of installed packages."""
    with importable(tmp_path / "site", monkeypatch) as site:
        yield site
