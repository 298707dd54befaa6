"""The broker's folder is the user's alone, its socket is found whatever the path is, and only one listens."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from claif.errors import PermissionError
from claif.transport.broker import place
from claif.transport.broker.place import (
    MOST_LOG,
    broker_folder,
    check_peer,
    connected,
    forget,
    listening,
    locked,
    log_of,
    opened,
)

NOBODY = 65534
CONNECT = (
    "import socket, sys; s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.connect(sys.argv[1]); s.recv(1)"
)


def test_one_listens_and_others_connect_also_where_the_path_is_long(tmp_path: Path) -> None:
    home = tmp_path / ("long" * 40)
    with opened(home, make=True) as folder:
        assert connected(folder) is None
        lock = locked(folder)
        assert lock is not None
        assert locked(folder) is None
        with listening(folder) as listener:
            connection = connected(folder)
            assert connection is not None
            with connection, listener.accept()[0] as peer:
                check_peer(peer)
        assert connected(folder) is None, "nobody listens at the socket that is there"
        forget(folder)
        forget(folder)
        os.close(lock)
        again = locked(folder)
        assert again is not None
        os.close(again)
    assert broker_folder(home).stat().st_mode & 0o777 == 0o700


@contextmanager
def a_signal_soon() -> Iterator[None]:
    """As a terminal sends one that has another size."""
    previous = signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def test_a_broker_with_many_clients_lets_another_one_wait_but_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path, make=True) as folder, listening(folder) as listener, ExitStack() as stack:
        monkeypatch.setattr(place, "CONNECT_TIMEOUT", 0.01)
        while (connection := connected(folder)) is not None:
            stack.enter_context(connection)
        monkeypatch.setattr(place, "CONNECT_TIMEOUT", 20.0)

        def take_one() -> None:
            taken, _ = listener.accept()
            taken.close()

        room = threading.Timer(0.3, take_one)
        room.start()
        with a_signal_soon():
            connection = connected(folder)
        room.join()
        assert connection is not None
        connection.close()


@pytest.mark.parametrize("mode", [0o755, 0o710, 0o702])
def test_a_folder_that_others_can_enter_is_refused(mode: int, tmp_path: Path) -> None:
    broker_folder(tmp_path).mkdir()
    broker_folder(tmp_path).chmod(mode)
    with pytest.raises(PermissionError, match="not yours alone"), opened(tmp_path, make=True):
        pass


def test_a_link_is_refused_and_a_missing_folder_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), opened(tmp_path):
        pass
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    broker_folder(tmp_path).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermissionError, match="not yours alone"), opened(tmp_path, make=True):
        pass


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broker_folder(tmp_path).mkdir(mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    with pytest.raises(PermissionError, match="not yours alone"), opened(tmp_path):
        pass


def test_somebody_else_at_the_other_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(path))
        listener.listen()
        with subprocess.Popen([sys.executable, "-c", CONNECT, str(path)]) as other:
            peer, _ = listener.accept()
            with peer:
                check_peer(peer)
                monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
                with pytest.raises(PermissionError, match="Somebody else"):
                    check_peer(peer)
            other.wait(20)


def test_the_log_is_for_its_user_and_begins_anew_when_it_is_large(tmp_path: Path) -> None:
    with opened(tmp_path, make=True) as folder:
        for text, kept in ((b"x" * (MOST_LOG + 1), MOST_LOG + 1), (b"y", 1)):
            with os.fdopen(log_of(folder), "ab") as log:
                log.write(text)
            assert (broker_folder(tmp_path) / "log").stat().st_size == kept
        assert (broker_folder(tmp_path) / "log").stat().st_mode & 0o777 == 0o600
