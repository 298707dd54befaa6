"""What the doctor is told about the embedded model."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve
from claif_local import diagnosis, runtime
from claif_local.diagnosis import check_runtime, check_weights
from claif_local.provider import LocalProvider
from claif_local.settings import LocalSettings
from claif_local.store import Store

from .conftest import TINY, TINY_GGUF


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "home" / "models")
    store.open()
    return store


def fake_runtime(folder: Path, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A runtime that does what `source` says when it is imported."""
    monkeypatch.setattr(diagnosis, "packages_folder", lambda: str(folder))
    monkeypatch.setattr(diagnosis, "_LOAD", f"import sys, os, signal, time; {source}")


def test_the_real_runtime_can_be_loaded() -> None:
    finding = check_runtime()
    assert finding.state == "ok", finding
    assert "xllamacpp" in finding.detail


def test_a_runtime_that_is_not_installed_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "find_spec", lambda _name: None)
    finding = check_runtime()
    assert finding.state == "fail"
    assert "pip install xllamacpp" in finding.remedy


@pytest.mark.parametrize(
    ("source", "told", "remedy"),
    [
        ("raise ImportError('libgomp.so.1: cannot open shared object file')", "libgomp", "apt-get install libgomp1"),
        ("raise ImportError('undefined symbol: x')", "undefined symbol", "--force-reinstall"),
        ("os.kill(os.getpid(), signal.SIGILL)", "signal 4", "another provider"),
        ("sys.exit(3)", "exit code 3", "--force-reinstall"),
        ("time.sleep(600)", "longer than", "--force-reinstall"),
    ],
)
def test_a_runtime_that_cannot_be_loaded_is_a_failure_with_a_remedy(
    tmp_path, monkeypatch, source, told, remedy
) -> None:
    fake_runtime(tmp_path, source, monkeypatch)
    finding = check_runtime(patience=0.2 if "sleep" in source else 20)
    assert finding.state == "fail"
    assert told in finding.detail
    assert remedy in finding.remedy


def test_weights_that_are_not_here_yet_are_fine(store: Store) -> None:
    assert check_weights(None, store, TINY, deep=True).state == "ok"


def test_whole_weights_are_fine_and_their_fingerprint_is_checked_when_wished(store: Store) -> None:
    store.path(TINY).write_bytes(TINY_GGUF)
    assert check_weights(None, store, TINY, deep=False).state == "ok"
    finding = check_weights(None, store, TINY, deep=True)
    assert (finding.state, "published" in finding.detail) == ("ok", True)


def test_weights_of_another_size_or_fingerprint_are_failures_with_the_commands(store: Store) -> None:
    store.path(TINY).write_bytes(TINY_GGUF[:-1])
    short = check_weights(None, store, TINY, deep=False)
    store.path(TINY).write_bytes(TINY_GGUF[:-1] + b"x")
    changed = check_weights(None, store, TINY, deep=True)
    for finding in (short, changed):
        assert finding.state == "fail"
        assert "claif models pull" in finding.remedy


def test_weights_that_cannot_be_read_are_a_failure(store: Store) -> None:
    store.path(TINY).mkdir()
    odd = evolve(TINY, size=store.path(TINY).stat().st_size)
    assert check_weights(None, store, odd, deep=True).state == "fail"
    inside = Store(store.folder / "file")
    inside.folder.write_text("")
    assert check_weights(None, inside, TINY, deep=False).state == "fail"


@pytest.mark.parametrize(("data", "state"), [(TINY_GGUF, "ok"), (b"PK\x03\x04", "fail"), (b"", "fail"), (None, "fail")])
def test_a_file_of_the_users_own_must_be_a_model(store: Store, tmp_path: Path, data: bytes | None, state: str) -> None:
    own = tmp_path / "own.gguf"
    if data is not None:
        own.write_bytes(data)
    assert check_weights(own, store, TINY, deep=False).state == state


def test_the_provider_tells_both(store: Store) -> None:
    found = list(LocalProvider.diagnose("local", LocalSettings(), store.folder.parent))
    assert [finding.name for finding in found] == ["runtime", "weights"]
