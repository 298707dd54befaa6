"""Python itself: version, sys.path, and what runs at every start."""

from __future__ import annotations

import sys
import types

import pytest

from claif.doctor import interpreter


def only(findings):
    (finding,) = findings
    return finding


def test_a_python_that_is_too_old_is_a_failure(machine, monkeypatch):
    monkeypatch.setattr(interpreter, "OLDEST", (99, 0))
    finding = next(interpreter.version(machine))
    assert finding.state == "fail"
    assert "99.0" in finding.remedy


def test_a_python_newer_than_the_tests_is_named_so(machine, monkeypatch):
    monkeypatch.setattr(interpreter, "NEWEST", (3, 10))
    finding = next(interpreter.version(machine))
    assert (finding.state, "newer" in finding.detail) == ("ok", True)


def test_a_free_threaded_build_is_a_warning(machine, monkeypatch):
    monkeypatch.setattr(interpreter.sysconfig, "get_config_var", lambda name: name == "Py_GIL_DISABLED")
    assert [finding.name for finding in interpreter.version(machine)] == ["version", "free threading"]


def test_absolute_folders_are_fine(machine, tmp_path):
    finding = only(interpreter.path(machine._replace(path=(str(tmp_path),))))
    assert finding.state == "ok"


@pytest.mark.parametrize("entry", ["", "plugins", "."])
def test_a_relative_entry_of_sys_path_is_a_warning(machine, entry):
    finding = only(interpreter.path(machine._replace(path=("/usr", entry))))
    assert (finding.name, finding.state) == ("sys.path", "warn")


def test_the_folder_where_we_are_in_first_place_is_a_warning(machine):
    assert only(interpreter.path(machine._replace(path=(str(machine.cwd), "/usr")))).state == "warn"
    assert only(interpreter.path(machine._replace(path=("/usr", str(machine.cwd))))).state == "ok"


@pytest.mark.parametrize("text", ["lib", "/usr:", ":/usr", "/usr::/opt"])
def test_relative_and_empty_entries_of_pythonpath_are_named(machine, text):
    finding = only(interpreter.path(machine._replace(environ={"PYTHONPATH": text})))
    assert (finding.name, finding.state) == ("PYTHONPATH", "warn")


def test_a_folder_that_everybody_can_write_is_a_failure_with_the_exact_command(machine, tmp_path):
    folder = tmp_path / "it's open"
    folder.mkdir()
    folder.chmod(0o777)
    finding = only(interpreter.path(machine._replace(path=(str(folder), "/nowhere"))))
    assert finding.state == "fail"
    assert finding.remedy.startswith("chmod o-w ")


def test_pythonhome_is_a_warning(machine):
    found = list(interpreter.path(machine._replace(environ={"PYTHONHOME": "/usr"})))
    assert found[-1].remedy == "unset PYTHONHOME"


def test_a_pth_file_that_runs_code_is_named_and_one_that_only_adds_folders_is_not(machine, tmp_path):
    (tmp_path / "litellm_init.pth").write_text("import os; os.system('x')\n")
    (tmp_path / "plain.pth").write_text("/somewhere\nimported/folder\n")
    finding = only(interpreter.starters(machine._replace(path=(str(tmp_path), str(tmp_path)))))
    assert finding.state == "warn"
    assert "litellm_init.pth" in finding.detail
    assert "plain" not in finding.detail


def test_known_pth_files_are_fine_but_not_one_that_only_looks_so(machine, tmp_path):
    for name in ("distutils-precedence.pth", "__editable__.mine-1.pth"):
        (tmp_path / name).write_text("import mine\n")
    machine = machine._replace(path=(str(tmp_path),))
    assert only(interpreter.starters(machine)).state == "warn"
    (tmp_path / "mine-1.dist-info").mkdir()
    (tmp_path / "mine-1.dist-info" / "RECORD").write_text("__editable__.mine-1.pth,sha256=x,11\n")
    finding = only(interpreter.starters(machine))
    assert finding.state == "ok"
    assert "__editable__.mine-1.pth" in finding.detail


def test_a_pth_file_that_cannot_be_read_is_doubtful(machine, tmp_path):
    (tmp_path / "odd.pth").mkdir()
    assert only(interpreter.starters(machine._replace(path=(str(tmp_path),)))).state == "warn"


def test_many_doubtful_files_are_counted(machine, tmp_path):
    for number in range(20):
        (tmp_path / f"x{number:02}.pth").write_bytes(b"import x")
    assert "12 more" in only(interpreter.starters(machine._replace(path=(str(tmp_path),)))).detail


def test_what_customises_every_start_is_told(machine, monkeypatch):
    module = types.ModuleType("sitecustomize")
    module.__file__ = "/etc/sitecustomize.py"
    monkeypatch.setitem(sys.modules, "sitecustomize", module)
    assert "/etc/sitecustomize.py" in list(interpreter.starters(machine))[-1].detail
