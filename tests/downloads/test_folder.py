"""The folder of downloads."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
import trio

from claif.api import ClaifError, InstallError, PermissionError, ProtocolError
from claif.downloads.folder import DownloadFolder, remove


def names(folder: DownloadFolder) -> list[str]:
    return sorted(item.name for item in folder.folder.iterdir())


def test_folder_and_home_are_made_for_the_user_alone(folder: DownloadFolder) -> None:
    previous = os.umask(0)
    try:
        folder.open()
    finally:
        os.umask(previous)
    assert folder.folder.stat().st_mode & 0o777 == 0o700
    assert folder.folder.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o777, 0o720, 0o702])
def test_a_folder_that_others_can_write_in_is_refused_with_the_command_that_helps(
    mode: int, folder: DownloadFolder
) -> None:
    folder.open()
    folder.folder.chmod(mode)
    with pytest.raises(PermissionError) as caught:
        folder.open()
    assert caught.value.hint == f"Make it yours alone: chmod 700 {folder.folder}"


def test_temporary_files_are_private_and_gone_afterwards(folder: DownloadFolder) -> None:
    folder.open()
    with folder.temporary("thing") as (file, path):
        file.write(b"x")
        assert path.stat().st_mode & 0o777 == 0o600
    assert names(folder) == []


def test_temporary_folders_are_private_and_gone_afterwards_with_all_that_is_in_them(folder: DownloadFolder) -> None:
    folder.open()
    with folder.temporary_folder("thing") as path:
        (path / "deep" / "er").mkdir(parents=True)
        (path / "deep" / "file").write_text("x")
        assert path.stat().st_mode & 0o777 == 0o700
    assert names(folder) == []


def test_what_was_renamed_stays(folder: DownloadFolder) -> None:
    folder.open()
    with folder.temporary("thing") as (_, path), folder.temporary_folder("thing") as other:
        path.rename(folder.folder / "file")
        other.rename(folder.folder / "folder")
    assert names(folder) == ["file", "folder"]


def test_sweeping_removes_what_dead_processes_left_of_this_name_and_nothing_else(folder: DownloadFolder) -> None:
    folder.open()
    for name in (".thing.0123.part", ".thing.abcd.part", ".other.0123.part", "thing", "mine.part"):
        (folder.folder / name).write_bytes(b"x")
    (folder.folder / ".thing.4567.part").mkdir()
    (folder.folder / ".thing.4567.part" / "file").write_text("x")
    folder.sweep("thing")
    assert names(folder) == [".other.0123.part", "mine.part", "thing"]


def test_attack_12_removing_a_link_to_a_folder_leaves_the_folder_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "precious")
    remove(tmp_path / "link")
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]
    assert (tmp_path / "precious" / "file").exists()
    remove(tmp_path / "nothing")


async def test_one_holds_a_name_alone_and_who_waits_says_so_once(folder: DownloadFolder) -> None:
    folder.open()
    order: list[str] = []
    waiting = trio.Event()

    def told() -> None:
        order.append("waiting")
        waiting.set()

    async def second() -> None:
        async with folder.alone("thing", told):
            order.append("second")

    async with trio.open_nursery() as nursery, folder.alone("thing", told):
        nursery.start_soon(second)
        await waiting.wait()
        async with folder.alone("another", told):
            order.append("first")
    assert order == ["waiting", "first", "second"]


@pytest.mark.parametrize(
    ("number", "kind", "remedy"),
    [
        (errno.ENOSPC, InstallError, "Free 12 MB there"),
        (errno.EDQUOT, InstallError, "CLAIF_HOME"),
        (errno.EFBIG, InstallError, "CLAIF_HOME"),
        (errno.EACCES, PermissionError, "CLAIF_HOME"),
        (errno.EROFS, PermissionError, "CLAIF_HOME"),
        (errno.ELOOP, InstallError, "Remove the link"),
        (errno.EIO, InstallError, ""),
    ],
)
def test_what_the_system_says_becomes_an_error_with_a_remedy(
    number: int, kind: type[ClaifError], remedy: str, folder: DownloadFolder
) -> None:
    with pytest.raises(kind) as caught, folder.storing("The thing", 12_000_000):
        raise OSError(number, os.strerror(number), "somewhere")
    assert str(folder.folder) in caught.value.message
    assert remedy in (caught.value.hint or "")


def test_errors_of_ours_pass_unchanged(folder: DownloadFolder) -> None:
    error = ProtocolError("no")
    with pytest.raises(ProtocolError) as caught, folder.storing("The thing", 1):
        raise error
    assert caught.value is error
