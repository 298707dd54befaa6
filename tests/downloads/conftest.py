"""What the tests of downloads share: indexes on loopback, and an environment that says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from claif.downloads.folder import DownloadFolder
from downloads.loopback import Index, UseSources, environ_without_settings, serving, sources_teller


@pytest.fixture
def index() -> Iterator[Index]:
    with serving() as made:
        yield made


@pytest.fixture
def elsewhere() -> Iterator[Index]:
    """Another host, as far as credentials go: another port."""
    with serving() as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> DownloadFolder:
    return DownloadFolder(tmp_path / "home" / "things")


@pytest.fixture
def plain_environ() -> dict[str, str]:
    return environ_without_settings()


@pytest.fixture
def use_sources(monkeypatch: pytest.MonkeyPatch) -> UseSources:
    return sources_teller(monkeypatch)
