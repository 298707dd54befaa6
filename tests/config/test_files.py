"""Files are read within bounds, and written so that nobody can read or redirect them."""

from __future__ import annotations

import os
import stat
from contextlib import ExitStack

import pytest
import trio

from claif.config import files
from claif.config.files import folder_lock, make_private_folder, read_text, write_private
from claif.errors import ConfigurationError, InvalidConfigError


def test_a_file_that_is_not_there_is_none(tmp_path):
    assert read_text(tmp_path / "none.toml") is None
    (tmp_path / "file").write_text("")
    assert read_text(tmp_path / "file" / "below.toml") is None


def test_a_byte_order_mark_is_dropped_and_line_ends_are_kept(tmp_path):
    path = tmp_path / "c.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\r\n")
    found = read_text(path)
    assert found is not None
    assert found.text == "a = 1\r\n"


def test_a_pipe_a_folder_and_an_endless_device_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "zero").symlink_to("/dev/zero")
    for name in ("pipe", "folder", "zero"):
        with pytest.raises(InvalidConfigError, match="not a regular file"):
            read_text(tmp_path / name)


def test_a_file_of_64_kib_is_read_and_one_byte_more_is_refused(tmp_path):
    path = tmp_path / "c.toml"
    path.write_bytes(b"#" * 65536)
    assert read_text(path) is not None
    path.write_bytes(b"#" * 65537)
    with pytest.raises(InvalidConfigError, match="larger than 64 KiB"):
        read_text(path)


def test_bytes_that_are_no_text_are_refused_with_their_place(tmp_path):
    path = tmp_path / "c.toml"
    path.write_bytes(b"a = '\xff'")
    with pytest.raises(InvalidConfigError, match=r"not UTF-8 \(byte 5\)"):
        read_text(path)


def test_a_loop_of_links_is_a_typed_error(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "a")
    with pytest.raises(InvalidConfigError, match="cannot be opened"):
        read_text(tmp_path / "a")


def test_a_read_that_fails_is_a_typed_error(tmp_path, monkeypatch):
    path = tmp_path / "c.toml"
    path.write_text("")

    def fail(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(files.os, "read", fail)
    with pytest.raises(InvalidConfigError, match="Input/output error"):
        read_text(path)


def test_what_is_written_is_private_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        folder = tmp_path / "new" / "home"
        make_private_folder(folder)
        write_private(folder / "c.toml", "a = 1\n")
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "c.toml").stat().st_mode) == 0o600
    assert (folder / "c.toml").read_text() == "a = 1\n"
    assert os.listdir(folder) == ["c.toml"]


def test_an_existing_folder_keeps_its_mode(tmp_path):
    folder = tmp_path / "home"
    folder.mkdir(mode=0o755)
    make_private_folder(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


def test_writing_replaces_a_loose_file_by_a_private_one(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text("old")
    path.chmod(0o666)
    write_private(path, "new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("failing", ["replace", "fsync"])
def test_a_write_that_fails_changes_nothing_and_leaves_nothing(tmp_path, monkeypatch, failing):
    path = tmp_path / "c.toml"
    path.write_text("old")

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, failing, fail)
    with pytest.raises(ConfigurationError, match="No space left"):
        write_private(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["c.toml"]


def test_a_folder_that_cannot_be_made_is_a_typed_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        make_private_folder(tmp_path / "file" / "home")


def test_a_folder_that_everybody_may_write_into_is_not_written_into(tmp_path):
    tmp_path.chmod(0o777)
    with pytest.raises(InvalidConfigError, match="every user can replace it") as caught:
        write_private(tmp_path / "c.toml", "x")
    assert f"chmod 700 {tmp_path}" in (caught.value.hint or "")


def test_two_writers_wait_for_each_other_and_not_for_ever(tmp_path):
    with folder_lock(tmp_path), pytest.raises(ConfigurationError, match="Another process"), folder_lock(tmp_path, 0.05):
        pass
    with folder_lock(tmp_path, 0.05):
        pass


def test_a_crowd_of_others_on_a_slow_disk_is_waited_for(tmp_path, monkeypatch):
    now = 0.0
    others = ExitStack()

    def sleep(seconds):
        nonlocal now
        now += seconds
        if now > 15:
            others.close()

    with others:
        others.enter_context(folder_lock(tmp_path))
        monkeypatch.setattr("time.sleep", sleep)
        monkeypatch.setattr("time.monotonic", lambda: now)
        with folder_lock(tmp_path):
            assert now > 15


async def test_many_writers_at_once_leave_one_whole_file(tmp_path):
    path = tmp_path / "c.toml"
    async with trio.open_nursery() as nursery:
        for number in range(20):
            nursery.start_soon(trio.to_thread.run_sync, write_private, path, f"{number}" * 1000)
    assert len(set(path.read_text())) <= 2
    assert os.listdir(tmp_path) == ["c.toml"]
