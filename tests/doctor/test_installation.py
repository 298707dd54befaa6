"""Claif itself: one installation, complete, and the one that the shell runs."""

from __future__ import annotations

import sys

import pytest

from claif._version import __version__
from claif.doctor import installation

from .conftest import states


def metadata(folder, name, version, *lines):
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("\n".join([f"Name: {name}", f"Version: {version}", *lines]) + "\n")
    return info


def test_one_installation_is_fine(machine, tmp_path):
    metadata(tmp_path, "claif", __version__)
    assert states(installation.version(machine._replace(path=(str(tmp_path),)))) == {"version": "ok"}


def test_another_installation_on_the_path_is_named(machine, tmp_path):
    other = tmp_path / "other" / "claif"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("")
    found = list(installation.version(machine._replace(path=(str(installation.PACKAGE.parent), str(other.parent)))))
    assert str(other) in next(finding.detail for finding in found if finding.name == "other installations")


def test_a_link_to_the_same_package_is_no_other_installation(machine, tmp_path):
    (tmp_path / "claif").symlink_to(installation.PACKAGE)
    assert "other installations" not in states(installation.version(machine._replace(path=(str(tmp_path),))))


def test_metadata_of_another_version_and_leftovers_are_warnings(machine, tmp_path):
    metadata(tmp_path, "claif", "1.0")
    (tmp_path / "~laif-1.0.dist-info").mkdir()
    found = states(installation.version(machine._replace(path=(str(tmp_path),))))
    assert found == {"version": "ok", "metadata": "warn", "leftovers": "warn"}


def test_dependencies_that_are_missing_or_too_old_are_failures(machine, tmp_path):
    metadata(
        tmp_path,
        "claif",
        __version__,
        "Requires-Dist: attrs>=24",
        "Requires-Dist: no-such-thing>=1",
        "Requires-Dist: trio>=0.30",
        'Requires-Dist: hypothesis>=6; extra == "testing"',
    )
    metadata(tmp_path, "trio", "0.1")
    found = list(installation.dependencies(machine._replace(path=(str(tmp_path),))))
    assert [finding.state for finding in found] == ["fail", "fail"]
    assert "no-such-thing" in found[0].detail
    assert "trio 0.1" in found[1].detail


def test_complete_dependencies_are_counted(machine, tmp_path):
    metadata(tmp_path, "claif", __version__, "Requires-Dist: attrs>=24", "Requires-Dist: trio")
    (finding,) = installation.dependencies(machine._replace(path=(str(tmp_path),)))
    assert (finding.state, finding.detail) == ("ok", "all 2 are here")


def test_without_metadata_nothing_can_be_said(machine, tmp_path):
    (finding,) = installation.dependencies(machine._replace(path=(str(tmp_path), "/nowhere")))
    assert finding.state == "warn"


@pytest.mark.parametrize(
    ("first_line", "state"),
    [("#!/usr/bin/other-python", "warn"), (f"#!{sys.executable}", "ok"), ("\x7fELF", "ok")],
)
def test_the_program_that_the_shell_runs_belongs_to_this_python(machine, tmp_path, first_line, state):
    program = tmp_path / "claif"
    program.write_text(f"{first_line}\nfrom claif.cli import main\n")
    program.chmod(0o755)
    (finding,) = installation.program(machine._replace(environ={"PATH": str(tmp_path)}))
    assert finding.state == state


def test_a_shell_without_the_program_is_told_the_folder(machine):
    (finding,) = installation.program(machine._replace(environ={"PATH": "/nowhere"}))
    assert finding.state == "warn"
    assert "bin" in finding.remedy
