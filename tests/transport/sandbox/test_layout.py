"""The layout of what a child sees, from a policy and the host's files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from claif.transport.sandbox import layout as room
from claif.transport.sandbox import paths
from claif.transport.sandbox.layout import Layout, Wanted, lay_out
from claif.transport.sandbox.mounts import Kind, Mount, seen
from claif.transport.sandbox.paths import may_be_reached, may_be_written, real_path
from claif.transport.sandbox.policy import Policy


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return real_path(tmp_path / "work")


def laid(work: Path, environment=None, programs=(Path("/bin/sh"),), **policy) -> Layout:
    wanted = Policy(directory=work, **policy)
    return lay_out(Wanted(policy=wanted, programs=programs, environment=environment or {}, home=work.parent / "claif"))


def kind(found: Layout, path: Path | str) -> Kind | None:
    mount = seen(Path(path), found.mounts)
    return mount and mount.kind


def test_the_working_directory_is_seen_and_what_lies_beside_it_is_not(work):
    found = laid(work)
    assert kind(found, work / "file") == Kind.READ
    assert kind(laid(work, writable=True), work / "file") == Kind.WRITE
    assert kind(found, work.parent) == Kind.EMPTY
    assert kind(found, "/usr/bin") is None
    assert found.folders == (work,)


def test_places_of_other_programs_are_empty(work, tmp_path):
    (tmp_path / "runtime").mkdir()
    found = laid(work, {"XDG_RUNTIME_DIR": str(tmp_path / "runtime")})
    for place in ("/tmp", "/var/tmp", "/run"):
        assert kind(found, place) == Kind.EMPTY or not os.path.isdir(place)
    assert Mount(real_path(tmp_path / "runtime"), Kind.EMPTY) in found.mounts


def test_a_directory_reached_by_a_link_is_its_real_one(work, tmp_path):
    (tmp_path / "link").symlink_to(work)
    assert laid(tmp_path / "link").folders == (work,)


def test_further_folders_are_seen_and_written_where_the_working_directory_is(work, tmp_path):
    (tmp_path / "more").mkdir()
    for writable, expected in ((False, Kind.READ), (True, Kind.WRITE)):
        found = laid(work, more=[tmp_path / "more"], writable=writable)
        assert found.folders == (work, real_path(tmp_path / "more"))
        assert kind(found, tmp_path / "more" / "file") == expected


def test_what_is_to_be_readable_is_so_wherever_it_is_and_the_directory_in_it_is_written(work, tmp_path):
    around = work / "inner"
    around.mkdir()
    found = laid(around, readable=[work, tmp_path / "gone"], writable=True)
    assert kind(found, work / "file") == Kind.READ
    assert kind(found, around / "file") == Kind.WRITE
    assert kind(found, tmp_path / "file") == Kind.EMPTY
    assert found.folders == (around,)


def test_a_user_without_a_home_has_no_secrets_in_it(work, monkeypatch):
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(room, "listed_home", lambda: None)
    assert laid(work, {"HOME": "relative"}).folders


def test_the_childs_home_and_ours_are_both_cleaned(work, tmp_path, monkeypatch):
    for name in ("ours", "other", "listed"):
        (tmp_path / name / ".ssh").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "ours"))
    monkeypatch.setattr(room, "listed_home", lambda: str(tmp_path / "listed"))
    found = laid(tmp_path, {"HOME": str(tmp_path / "other")})
    for name in ("ours", "other", "listed"):
        assert kind(found, real_path(tmp_path / name / ".ssh" / "id", strict=False)) == Kind.EMPTY


def test_the_root_as_working_directory_is_told():
    found = laid(Path("/"), writable=True)
    assert "root of the file system" in found.notes[0]
    assert laid(Path("/")).notes == ()
    assert kind(found, "/tmp/x") == Kind.EMPTY


def test_the_file_of_name_servers_is_shown_where_it_is_hidden_and_wanted(work, tmp_path, monkeypatch):
    folder = real_path(tmp_path) / "resolve"
    folder.mkdir()
    (folder / "stub.conf").touch()
    (tmp_path / "resolv.conf").symlink_to(folder / "stub.conf")
    monkeypatch.setattr(room, "_NAMES", str(tmp_path / "resolv.conf"))
    assert Mount(folder, Kind.READ) in laid(work).mounts
    assert Mount(folder, Kind.READ) not in laid(work, network="none").mounts
    monkeypatch.setattr(room, "SCRATCH", (*room.SCRATCH, str(folder)))
    assert Mount(folder / "stub.conf", Kind.READ) in laid(work).mounts


def test_no_list_of_sockets_is_no_failure(work, monkeypatch):
    monkeypatch.setattr(room, "_SOCKETS", "/nowhere")
    assert laid(work).folders


@pytest.fixture
def as_root(monkeypatch):
    """As if we were root, to whom no file here belongs."""
    monkeypatch.setattr(paths, "is_root", lambda: True)
    monkeypatch.setattr(paths, "belongs_to_others", lambda _status: True)


def test_root_without_its_rights_is_one_of_the_others(as_root, tmp_path):
    tmp_path.chmod(0o755)
    for mode, written, reached in ((0o755, False, True), (0o757, True, True), (0o750, False, False)):
        folder = tmp_path / oct(mode)
        folder.mkdir()
        folder.chmod(mode)
        assert may_be_written(folder) == written
        outer = all(parent.stat().st_mode & 0o001 for parent in real_path(folder).parents)
        assert may_be_reached(real_path(folder)) == (reached and outer)
    assert not may_be_written(tmp_path / "nowhere")
    assert not may_be_reached(tmp_path / "nowhere")


def test_a_circle_of_links_is_an_ordinary_failure(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(OSError, match="symbolic"):
        real_path(tmp_path / "loop")
    assert real_path(tmp_path / "loop", strict=False).name == "loop"
