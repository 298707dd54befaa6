"""What differs between systems. Only Linux runs these tests; the branches of the others are entered by pretending."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from claif import system
from claif.cli import pipes, signals, style
from claif.config import files
from claif.transport import proxies
from claif.transport.base_url import parse_base_url


@pytest.fixture
def no_locks(monkeypatch):
    """A system without `fcntl`, as Windows is."""
    monkeypatch.setitem(sys.modules, "fcntl", None)


@pytest.fixture
def no_owners(monkeypatch):
    """A system without owners and without descriptors of folders, as Windows is."""
    for module in (system, files):
        monkeypatch.setattr(module, "HAS_OWNERS", False)
    monkeypatch.setattr(files, "_HAS_DIR_FD", False)


def test_flags_that_the_system_does_not_have_count_nothing():
    assert system.flags("O_RDONLY", "O_NO_SUCH_FLAG") == os.O_RDONLY
    assert system.flags("O_WRONLY", "O_CREAT") == os.O_WRONLY | os.O_CREAT


def test_the_listed_home_does_not_follow_home(monkeypatch):
    import pwd

    monkeypatch.setenv("HOME", "/elsewhere")
    assert system.listed_home() == pwd.getpwuid(os.geteuid()).pw_dir
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000)
    assert system.listed_home() is None
    monkeypatch.setitem(sys.modules, "pwd", None)
    assert system.listed_home() is None


def test_only_a_system_with_owners_has_root(monkeypatch, no_owners):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert not system.is_root()
    monkeypatch.setattr(system, "HAS_OWNERS", True)
    assert system.is_root()


def test_a_shared_lock_lets_others_share(tmp_path: Path):
    with open(tmp_path / "lock", "w") as first, open(tmp_path / "lock", "w") as second:
        assert system.try_lock(first.fileno(), shared=True)
        assert system.try_lock(second.fileno(), shared=True)
        assert not system.try_lock(second.fileno())


def test_a_lock_keeps_others_out_until_its_file_is_closed(tmp_path: Path):
    path = tmp_path / "lock"
    first, second = (os.open(path, os.O_RDWR | os.O_CREAT, 0o600) for _ in range(2))
    try:
        assert system.try_lock(first)
        assert not system.try_lock(second)
        os.close(first)
        assert system.try_lock(second)
    finally:
        os.close(second)


def test_without_locks_nobody_is_kept_out(no_locks, tmp_path: Path):
    assert system.try_lock(0)
    with files.folder_lock(tmp_path), files.folder_lock(tmp_path, patience=0.0):
        pass


def test_whose_a_file_is(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    mine, roots, others = (SimpleNamespace(st_uid=number) for number in (1000, 0, 1001))
    assert not system.belongs_to_others(mine)
    assert system.belongs_to_others(roots)
    assert not system.belongs_to_others(roots, trust_root=True)
    assert system.belongs_to_others(others, trust_root=True)
    monkeypatch.setattr(system, "HAS_OWNERS", False)
    assert not system.belongs_to_others(others)


def test_without_owners_and_folder_descriptors_files_are_still_written_at_once_or_not_at_all(
    no_locks, no_owners, tmp_path: Path, monkeypatch
):
    path = tmp_path / "a folder" / "config.toml"
    files.make_private_folder(path.parent)
    with files.folder_lock(path.parent):
        files.write_private(path, "first")
    path.chmod(0o666)
    found = files.read_text(path, private=True, secret=True)
    assert found is not None
    assert (found.text, found.readable_by_others) == ("first", False)

    def fail(*_, **__):
        raise OSError(5, "broken disk")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(files.ConfigurationError):
        files.write_private(path, "second")
    assert [entry.name for entry in path.parent.iterdir()] == ["config.toml"]
    assert path.read_text() == "first"


def test_without_proc_a_silent_pipe_has_no_writer(monkeypatch):
    """macOS: nobody can tell, so nobody is waited for."""
    reader, writer = os.pipe()
    try:
        monkeypatch.setattr(pipes, "_numbers", lambda _folder: [])
        assert not pipes.has_writer(reader)
    finally:
        os.close(reader)
        os.close(writer)


@pytest.mark.parametrize(("looks", "speaks"), [([True], True), ([False, True], True), ([False] * 100, False)])
def test_windows_looks_into_a_pipe_again_and_again(monkeypatch, looks, speaks):
    answers = iter(looks)
    monkeypatch.setattr(pipes, "WINDOWS", True)
    monkeypatch.setattr(pipes, "PAUSE", 0.001)
    monkeypatch.setattr(pipes, "peek", lambda _descriptor: next(answers))
    assert pipes.speaks(0, 0.02) is speaks


@pytest.mark.parametrize(("alive", "waiting", "told"), [(1, 0, False), (1, 7, True), (0, 0, True)])
def test_a_pipe_on_windows_speaks_if_it_has_data_or_has_ended(monkeypatch, alive, waiting, told):
    def look(handle, _buffer, _size, _read, count, _left):
        assert handle == 4711
        count._obj.value = waiting
        return alive

    kernel = SimpleNamespace(kernel32=SimpleNamespace(PeekNamedPipe=look))
    monkeypatch.setattr(ctypes, "windll", kernel, raising=False)
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(get_osfhandle=lambda _descriptor: 4711))
    assert pipes.peek(0) is told


@pytest.mark.parametrize(
    ("environ", "dumb"),
    [({}, True), ({"WT_SESSION": "x"}, False), ({"TERM": "xterm"}, False), ({"TERM": "dumb", "WT_SESSION": "x"}, True)],
)
def test_windows_terminal_is_known_without_a_term_variable(monkeypatch, environ, dumb):
    monkeypatch.setattr(style, "WINDOWS", True)
    for name in ("TERM", "WT_SESSION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert style.is_dumb() is dumb


def test_only_signals_that_the_system_has_are_handled():
    assert signal.SIGINT in signals._SIGNALS
    assert all(isinstance(number, signal.Signals) for number in signals._SIGNALS)


def test_macos_and_windows_ask_the_system_for_proxies_without_any_variable(monkeypatch):
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setattr("urllib.request.getproxies", lambda: {"https": "http://proxy.test:3128"})
    monkeypatch.setattr("urllib.request.proxy_bypass", lambda _host: False)
    url = parse_base_url("https://api.test/v1")
    assert proxies.find_proxy(url, lambda: None) is None
    monkeypatch.setattr(proxies, "_SYSTEM_SETTINGS", True)
    found = proxies.find_proxy(url, lambda: None)
    assert found is not None
    assert proxies.proxy_name(found) == "http://proxy.test:3128"
