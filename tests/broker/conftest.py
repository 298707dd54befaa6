"""A folder whose broker ends with the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from broker.support import end


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for a home and a working directory."""
    yield tmp_path
    end(tmp_path)
