"""What the tests of installing share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from downloads.loopback import Index, UseSources, environ_without_settings, serving, sources_teller

from install.support import FILE, WHEEL_DATA, Bench, FakeNode


@pytest.fixture
def index() -> Iterator[Index]:
    with serving() as made:
        made.offer("thing-bin", FILE, WHEEL_DATA)
        yield made


@pytest.fixture
def use_sources(monkeypatch: pytest.MonkeyPatch) -> UseSources:
    use = sources_teller(monkeypatch)
    use()
    return use


@pytest.fixture
def node(tmp_path: Path) -> FakeNode:
    """A Node.js that will do."""
    return FakeNode(tmp_path / "node").make()


@pytest.fixture
def bench(tmp_path: Path, use_sources: UseSources) -> Bench:
    """An installer on a machine without Node.js, whose pip looks nowhere."""
    (tmp_path / "empty").mkdir()
    return Bench(tmp_path / "home", environ_without_settings() | {"PATH": str(tmp_path / "empty"), "LANG": "C"})


@pytest.fixture
def with_npm(bench: Bench, node: FakeNode) -> Bench:
    """The same with a Node.js."""
    bench.environ["PATH"] = node.path + os.pathsep + bench.environ["PATH"]
    return bench
