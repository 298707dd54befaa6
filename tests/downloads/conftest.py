"""What the tests of downloads share: indexes on loopback, and an environment that says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from claif.downloads.folder import DownloadFolder
from downloads.loopback import Index, index, plain_environ, serving, use_sources

__all__ = ("index", "plain_environ", "use_sources")


@pytest.fixture
def elsewhere() -> Iterator[Index]:
    """Another host, as far as credentials go: another port."""
    with serving() as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> DownloadFolder:
    return DownloadFolder(tmp_path / "home" / "things")
