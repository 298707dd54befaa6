"""What a child must not read: the keys and logins of the user, `.env` files, sockets of other programs."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.transport.sandbox import hidden
from claif.transport.sandbox.hidden import covering, environment_files, secrets, sockets
from claif.transport.sandbox.mounts import Kind, Mount


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def covered(home: Path, kept=(), root=False) -> dict[str, Kind]:
    found = secrets([home], home / ".claif", kept, root=root)
    return {os.path.relpath(mount.path, home): mount.kind for mount in found}


def test_what_is_there_is_hidden_by_its_kind_and_what_is_not_is_no_mount(home):
    (home / ".ssh").mkdir()
    (home / ".netrc").touch()
    (home / ".claif").mkdir()
    (home / ".bashrc").touch()
    assert covered(home) == {".ssh": Kind.EMPTY, ".netrc": Kind.BLANK, ".claif": Kind.EMPTY}


def test_a_link_hides_what_it_leads_to(home, tmp_path):
    (tmp_path / "dotfiles").mkdir()
    (home / ".ssh").symlink_to(tmp_path / "dotfiles")
    (home / ".netrc").symlink_to(tmp_path / "nowhere")
    assert covered(home) == {"../dotfiles": Kind.EMPTY}


def test_an_agent_keeps_its_own_login_and_gets_nobody_elses(home):
    for name in (".codex/auth.json", ".gemini/oauth_creds.json"):
        (home / name).parent.mkdir()
        (home / name).touch()
    assert covered(home, kept=[home / ".codex"]) == {".gemini/oauth_creds.json": Kind.BLANK}


def test_the_systems_secrets_are_hidden_from_root_who_could_read_them(home):
    assert not covered(home)
    hides = covered(home, root=True)
    assert os.path.relpath("/etc/shadow", home) in hides or not os.path.exists("/etc/shadow")


def test_what_cannot_even_be_reached_needs_no_cover(home, monkeypatch):
    (home / ".ssh").mkdir()
    monkeypatch.setattr(hidden, "may_be_reached", lambda _path: False)
    assert not covered(home)
    assert covering(home / "nowhere") is None


def names(folder: Path) -> set[str]:
    return {os.path.relpath(path, folder) for path in environment_files(folder)}


def test_environment_files_are_found_and_their_examples_are_not(tmp_path):
    for name in (".env", ".env.local", ".envrc", ".env.example", ".environment", "x.env", ".env.sample"):
        (tmp_path / name).touch()
    assert names(tmp_path) == {".env", ".env.local", ".envrc"}


def test_they_are_found_three_levels_deep_but_not_in_what_others_have_made(tmp_path):
    for name in ("a/.env", "a/b/.env", "a/b/c/.env", "node_modules/x/.env", ".git/.env"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "link").symlink_to(tmp_path / "node_modules")
    assert names(tmp_path) == {"a/.env", "a/b/.env"}


def test_a_huge_project_is_looked_through_only_so_far(tmp_path, monkeypatch):
    monkeypatch.setattr(hidden, "_MOST_FOLDERS", 10)
    for number in range(50):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / ".env").touch()
    assert 1 <= len(names(tmp_path)) <= 10
    assert not names(tmp_path / "nowhere")


def test_sockets_are_read_from_the_kernels_list(tmp_path):
    place = tmp_path / "a place.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        listener.listen()
        with open("/proc/net/unix", encoding="utf-8", errors="surrogateescape") as listed:
            assert place.resolve() in set(sockets(listed))
    (tmp_path / "file").touch()
    line = "0: 00000002 00000000 00010000 0001 01 1 "
    assert not list(sockets([f"{line}{tmp_path}/file\n", f"{line}{tmp_path}/gone\n", f"{line}@abstract\n", line]))


@given(st.lists(st.text(max_size=80)))
def test_whatever_stands_in_the_list_is_no_error(lines):
    assert all(isinstance(path, Path) for path in sockets(lines))


def test_a_mount_is_of_a_real_path(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert covering(tmp_path / "link") == Mount((tmp_path / "real").resolve(), Kind.EMPTY)
