"""What a machine offers: programs that only root can have put there, and that really work."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from claif.transport.sandbox import levels
from claif.transport.sandbox.levels import Available, Tool, available, system_program


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Two folders of the system."""
    folders = (tmp_path / "first", tmp_path / "second")
    for folder in folders:
        folder.mkdir()
    monkeypatch.setattr(levels, "PLACES", tuple(map(str, folders)))
    return folders


def program(path: Path, text: str = "#!/bin/sh\nexit 0\n", mode: int = 0o755) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.fixture
def owned_by_root(monkeypatch):
    """As if all files were root's, whoever runs the tests."""
    real = Path.stat

    def stat(path, **more):
        found = list(real(path, **more))
        found[4] = 0
        return os.stat_result(found)

    monkeypatch.setattr(Path, "stat", stat)


def test_the_first_good_one_is_taken(places, owned_by_root):
    (places[0] / "tool").mkdir()
    second = program(places[1] / "tool")
    assert system_program("tool") == Tool(second)


def test_path_is_not_searched(places, owned_by_root, tmp_path, monkeypatch):
    (tmp_path / "project").mkdir()
    program(tmp_path / "project" / "tool")
    monkeypatch.setenv("PATH", str(tmp_path / "project"))
    monkeypatch.chdir(tmp_path / "project")
    assert system_program("tool") == Tool(None, "tool is not installed")


@pytest.mark.parametrize(("mode", "why"), [(0o775, "changed by others"), (0o757, "changed by others"), (0o644, "run")])
def test_what_others_could_have_changed_or_cannot_be_run_is_not_taken(places, owned_by_root, mode, why):
    program(places[0] / "tool", mode=mode)
    found = system_program("tool")
    assert found.path is None
    assert why in found.problem


def test_what_is_not_roots_is_not_taken(places, monkeypatch):
    path = program(places[0] / "tool")
    if os.getuid() == 0:
        os.chown(path, 1234, -1)
    found = system_program("tool")
    assert found.path is None
    assert "changed by others than root" in found.problem


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("bwrap: setting up uid map: Permission denied", "apparmor_restrict_unprivileged_userns"),
        ("bwrap: No permissions to create a new namespace", "unprivileged_userns_clone"),
        ("bwrap: Can't mount proc on /newroot/proc: Operation not permitted", "systempaths=unconfined"),
        ("bwrap: Creating new namespace failed: Operation not permitted", ""),
        ("", ""),
    ],
)
def test_one_that_does_not_work_is_none_and_says_why(places, owned_by_root, said, remedy):
    program(places[0] / "bwrap", f'#!/bin/sh\necho "{said}" >&2\nexit 1\n')
    program(places[0] / "true")
    machine = Available()
    assert machine.bubblewrap.path is None
    assert (said or "exit code 1") in machine.bubblewrap.problem
    assert remedy in machine.bubblewrap.remedy
    assert machine.empty_network == machine.bubblewrap


def test_one_that_only_lacks_networks_is_told_apart(places, owned_by_root):
    path = program(places[0] / "bwrap", '#!/bin/sh\ncase "$*" in *--unshare-net*) exit 1;; esac\n')
    program(places[0] / "true")
    machine = Available()
    assert machine.bubblewrap == Tool(path)
    assert machine.empty_network.path is None


def test_each_is_tried_once(places, owned_by_root, tmp_path):
    program(places[0] / "bwrap", f"#!/bin/sh\necho x >> {tmp_path}/count\n")
    program(places[0] / "true")
    machine = Available()
    for _ in range(3):
        assert machine.bubblewrap.path
        assert machine.empty_network.path
    assert (tmp_path / "count").read_text() == "x\nx\n"
    assert available() is available()


def test_one_that_hangs_or_cannot_be_started_is_given_up(places, owned_by_root, monkeypatch):
    monkeypatch.setattr(levels, "_PROBE_SECONDS", 0.2)
    program(places[0] / "bwrap", "#!/bin/sh\nexec sleep 20\n")
    program(places[0] / "true")
    assert "TimeoutExpired" in Available().bubblewrap.problem
    program(places[0] / "bwrap", "#!/nowhere/sh\n")
    assert "cannot be started" in Available().bubblewrap.problem


def test_what_is_missing_has_a_remedy(places):
    machine = Available()
    assert "bubblewrap" in machine.bubblewrap.remedy
    assert "util-linux" in machine.prlimit.remedy


def test_another_system_is_not_told_to_install_it():
    machine = Available()
    machine.confines = False
    assert (machine.bubblewrap.path, machine.bubblewrap.remedy) == (None, "")


def test_this_machine_has_what_the_tests_need():
    """Where something is missing these tests would prove nothing."""
    machine = available()
    assert machine.bubblewrap.path, machine.bubblewrap.problem
    assert machine.empty_network.path, machine.empty_network.problem
    assert machine.prlimit.path, machine.prlimit.problem
    assert machine.landlock >= levels.OLDEST_LANDLOCK
    assert machine.filters
    assert (machine.groups, machine.confines) == (True, True)
    assert machine.root == (os.getuid() == 0)
    said = subprocess.run([machine.bubblewrap.path, "--version"], capture_output=True, text=True, timeout=20)
    assert "bubblewrap" in said.stdout
