"""Claif's folder: who may do what in it, and room on its disk. The tests may run as root, who may everything."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

from claif.doctor import folders

from .conftest import states


def test_a_home_that_is_not_there_yet_is_fine(machine):
    assert states(folders.permissions(machine)) == {"folder": "ok"}


def test_a_home_of_the_user_alone_is_fine(machine, home):
    (home / "config.toml").write_text("")
    (home / "config.toml").chmod(0o644)
    assert states(folders.permissions(machine)) == {"folder": "ok", "config.toml": "ok"}


@pytest.mark.parametrize(
    ("name", "mode", "state", "command"),
    [
        ("", 0o755, "warn", "chmod 700"),
        ("", 0o777, "fail", "chmod 700"),
        ("config.toml", 0o666, "fail", "chmod 600"),
        ("config.toml", 0o620, "fail", "chmod 600"),
        ("keys.json", 0o640, "fail", "chmod 600"),
        ("models", 0o775, "fail", "chmod 700"),
        ("programs", 0o775, "fail", "chmod 700"),
    ],
)
def test_what_others_may_do_is_told_with_the_exact_command(machine, home, name, mode, state, command):
    path = home / name
    if name in {"models", "programs"}:
        path.mkdir()
    elif name:
        path.write_text("")
    path.chmod(mode)
    finding = next(finding for finding in folders.permissions(machine) if finding.state != "ok")
    assert finding.state == state
    assert finding.remedy == f"{command} {path}"
    assert f"{mode:04o}" in finding.detail
    home.chmod(0o700)


def test_what_belongs_to_somebody_else_is_a_failure(machine, home, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 4321)
    (home / "keys.json").write_text("{}")
    (home / "keys.json").chmod(0o600)
    real = os.stat(home)
    if real.st_uid == 0:  # Root's files are trusted; give them to somebody.
        for path in (home, home / "keys.json"):
            os.chown(path, 1234, -1)
    found = states(folders.permissions(machine))
    assert found == {"folder": "fail", "keys.json": "fail"}


def test_a_file_in_place_of_the_home_is_a_failure(machine):
    machine.home.write_text("")
    (finding,) = folders.permissions(machine)
    assert (finding.state, finding.remedy) == ("fail", f"mv {machine.home} {machine.home}.old")


def test_a_home_that_cannot_be_looked_at_is_a_failure(machine):
    machine.home.write_text("")
    inside = machine._replace(environ={**machine.environ, "CLAIF_HOME": str(machine.home / "inner")})
    (finding,) = folders.permissions(inside)
    assert finding.state == "fail"


def test_a_home_that_may_not_be_written_is_a_failure(machine, home, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    (finding,) = folders.permissions(machine)
    assert (finding.state, finding.remedy) == ("fail", f"chmod 700 {home}")


def test_room_is_looked_for_above_what_may_not_be_looked_at(machine, monkeypatch):
    monkeypatch.setattr(os.path, "exists", lambda path: str(path) == "/")
    (finding,) = folders.space(machine)
    assert finding.detail.endswith(" at /")


def test_where_files_have_no_owners_nothing_is_said_about_them(machine, home, monkeypatch):
    monkeypatch.setattr(folders, "HAS_OWNERS", False)
    home.chmod(0o777)
    (home / "keys.json").write_text("{}")
    assert set(states(folders.permissions(machine)).values()) == {"ok"}


@pytest.mark.parametrize(("free", "state"), [(10**12, "ok"), (10**8, "warn"), (10**6, "fail")])
def test_little_room_is_told(machine, monkeypatch, free, state):
    monkeypatch.setattr(folders.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    (finding,) = folders.space(machine)
    assert finding.state == state
    assert bool(finding.remedy) == (state != "ok")
