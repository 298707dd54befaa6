"""The folder of weights."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from claif_local.store import Store, storing

from claif.api import ClaifError, InstallError, PermissionError, ProtocolError

from .conftest import TINY, TINY_GGUF


def test_folder_and_home_are_made_for_the_user_alone(store: Store) -> None:
    previous = os.umask(0)
    try:
        store.open()
    finally:
        os.umask(previous)
    assert store.folder.stat().st_mode & 0o777 == 0o700
    assert store.folder.parent.stat().st_mode & 0o777 == 0o700


def test_weights_are_there_when_their_file_has_their_size(store: Store) -> None:
    store.open()
    assert not store.has(TINY)
    store.path(TINY).write_bytes(TINY_GGUF[:-1])
    assert not store.has(TINY)
    store.path(TINY).write_bytes(TINY_GGUF)
    assert store.has(TINY)


def test_a_folder_that_others_can_write_in_is_refused_with_the_command_that_helps(store: Store) -> None:
    store.open()
    store.folder.chmod(0o777)
    with pytest.raises(PermissionError) as caught:
        store.open()
    assert caught.value.hint == f"Make it yours alone: chmod 700 {store.folder}"


def test_temporary_files_are_private_and_gone_afterwards(store: Store) -> None:
    store.open()
    with store.temporary(TINY) as (file, path):
        file.write(b"x")
        assert path.stat().st_mode & 0o777 == 0o600
    assert list(store.folder.iterdir()) == []


def test_sweeping_removes_what_dead_downloads_of_these_weights_left_and_nothing_else(store: Store) -> None:
    store.open()
    for name in (".tiny.gguf.0123.part", ".tiny.gguf.abcd.part", ".other.gguf.0123.part", "tiny.gguf", "mine.part"):
        (store.folder / name).write_bytes(b"x")
    store.sweep(TINY)
    assert sorted(item.name for item in store.folder.iterdir()) == [".other.gguf.0123.part", "mine.part", "tiny.gguf"]


@pytest.mark.parametrize(
    ("number", "kind", "remedy"),
    [
        (errno.ENOSPC, InstallError, "CLAIF_HOME"),
        (errno.EDQUOT, InstallError, "CLAIF_HOME"),
        (errno.EFBIG, InstallError, "CLAIF_HOME"),
        (errno.EACCES, PermissionError, "CLAIF_HOME"),
        (errno.EROFS, PermissionError, "CLAIF_HOME"),
        (errno.ELOOP, InstallError, "Remove the link"),
        (errno.EIO, InstallError, ""),
    ],
)
def test_what_the_system_says_becomes_an_error_with_a_remedy(
    number: int, kind: type[ClaifError], remedy: str, tmp_path: Path
) -> None:
    with pytest.raises(kind) as caught, storing(TINY, tmp_path):
        raise OSError(number, os.strerror(number), "somewhere")
    assert str(tmp_path) in caught.value.message
    assert remedy in (caught.value.hint or "")


def test_errors_of_ours_pass_unchanged(tmp_path: Path) -> None:
    error = ProtocolError("no")
    with pytest.raises(ProtocolError) as caught, storing(TINY, tmp_path):
        raise error
    assert caught.value is error
