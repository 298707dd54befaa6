"""Distributions are found by their entry points, as Python finds them, but never in the working directory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from claif.plugin.scan import Distribution, normalize, scan

from .sites import Site

HOOKS = {"claif": {"main": "some_module"}}


def found(*folders: Path) -> list[str]:
    """The names that a scan of these folders finds."""
    return [distribution.name for distribution in scan([str(folder) for folder in folders])]


def test_only_distributions_with_entry_points_for_claif_are_found(site: Site) -> None:
    """Other groups, and other names that only begin alike, are nobody's business."""
    site.install("claif-a", {"claif": {"main": "a"}, "console_scripts": {"a": "a:main"}})
    site.install("other", {"console_scripts": {"claif": "other:main"}, "claif.unheard_of": {"x": "y"}})
    site.install("plain")
    (site.folder / "not-a-distribution").mkdir()
    [distribution] = scan([str(site.folder)])
    assert (distribution.name, distribution.version) == ("claif-a", "1.0")
    assert [tuple(point) for point in distribution.entry_points] == [("claif", "main", "a")]


def test_the_first_distribution_of_a_name_hides_the_others(tmp_path: Path) -> None:
    """It is the one that `import` finds, even if it has no entry points at all."""
    first, second = Site(tmp_path / "first"), Site(tmp_path / "second")
    first.install("claif-a", HOOKS, version="1.0")
    second.install("Claif.A", HOOKS, version="2.0")
    first.install("claif-b")
    second.install("claif-b", HOOKS)
    assert [(each.name, each.version) for each in scan([str(first.folder), str(second.folder)])] == [("claif-a", "1.0")]
    assert found(second.folder, first.folder) == ["claif-a", "claif-b"]


def test_names_are_normalized(site: Site) -> None:
    """One spelling for `Claif_Shout`, `claif.shout` and `claif--shout`."""
    site.install("Claif__Shout.X", HOOKS)
    assert found(site.folder) == ["claif-shout-x"] == [normalize("claif--Shout_.x")]


def test_the_working_directory_and_relative_entries_are_not_searched(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever wrote a project did not install a plugin; neither under another spelling of its path."""
    site.install("claif-evil", HOOKS)
    link = tmp_path / "link"
    link.symlink_to(site.folder)
    assert found(site.folder, link) == ["claif-evil"]
    monkeypatch.chdir(site.folder)
    assert scan(["", ".", "../site", str(site.folder), str(link)]) == []
    monkeypatch.chdir(tmp_path)
    assert scan(["site", "./site"]) == []


def test_folders_that_pythonpath_names_relatively_are_not_searched(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python makes them absolute before we see them."""
    site.install("claif-evil", HOOKS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["/nowhere", "site"]))
    assert found(site.folder) == []
    monkeypatch.setenv("PYTHONPATH", str(site.folder))
    assert found(site.folder) == ["claif-evil"]


def test_the_installed_packages_are_searched_from_within_their_own_folder(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user who looks around in site-packages keeps the plugins."""
    site.install("claif-a", HOOKS)
    monkeypatch.chdir(site.folder)
    monkeypatch.setattr("site.getsitepackages", lambda: [str(site.folder)])
    assert found(site.folder) == ["claif-a"]


def test_editable_installations_are_found(site: Site) -> None:
    """Their `.egg-info` folder may name a Python version, a version, or only the distribution."""
    for folder in ("claif_a-1.2-py3.11.egg-info", "claif_b.egg-info", "claif_c-3.egg-info"):
        (site.folder / folder).mkdir()
        (site.folder / folder / "entry_points.txt").write_text("[claif]\nmain = m\n")
    assert [(each.name, each.version) for each in scan([str(site.folder)])] == [
        ("claif-a", "1.2"),
        ("claif-b", ""),
        ("claif-c", "3"),
    ]


def test_what_is_damaged_is_passed_over(site: Site, tmp_path: Path) -> None:
    """Leftovers of pip, missing folders, zip files, folders instead of files and texts that are no text."""
    site.install("claif-good", HOOKS)
    for folder in ("~laif_gone-1.dist-info", "nameless.dist-info", "-1.dist-info", ".dist-info"):
        (site.folder / folder).mkdir()
        (site.folder / folder / "entry_points.txt").write_text("[claif]\nmain = m\n")
    (site.folder / "claif_dir-1.dist-info" / "entry_points.txt").mkdir(parents=True)
    (site.folder / "claif_bytes-1.dist-info").mkdir()
    (site.folder / "claif_bytes-1.dist-info" / "entry_points.txt").write_bytes(b"\xff\xfe[claif]\x00\n=\n\xff")
    (site.folder / "claif_file-1.dist-info").write_text("a file")
    archive = tmp_path / "some.zip"
    archive.write_bytes(b"PK")
    assert found(site.folder, archive, tmp_path / "missing", site.folder) == ["claif-good"]


def test_a_scan_imports_nothing_that_is_slow(site: Site) -> None:
    """Neither the plugins nor the standard library's reader of metadata."""
    site.install("claif-a", {"claif": {"main": "claif_a_main"}}, modules={"claif_a_main": "raise SystemExit(3)"})
    program = f"""
import sys
from claif.plugin.manager import PluginManager
manager = PluginManager.discover(path=[{str(site.folder)!r}])
manager.commands(), manager.providers()
slow = "importlib.metadata email configparser packaging attr pluggy trio claif_a_main json".split()
print([name for name in slow if name in sys.modules])
"""
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{program}"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_a_hundred_distributions_are_scanned_in_milliseconds(site: Site) -> None:
    """The bound is many times what it takes, so that a busy machine does not fail it."""
    for number in range(20):
        site.install(f"claif-plugin-{number}", {"claif.commands": {f"command-{number}": f"m{number}:command"}})
    for number in range(80):
        site.install(f"other-{number}", {"console_scripts": {"x": "y:z"}} if number % 3 else None)
    spent = []
    for _ in range(5):
        began = time.process_time()
        assert len(scan([str(site.folder)])) == 20
        spent.append(time.process_time() - began)
    assert min(spent) < 0.1


def test_a_distribution_compares_by_its_name() -> None:
    """So a scan's result has an order that does not depend on the file system."""
    assert Distribution("a", "2", "/x", ()) < Distribution("b", "1", "/a", ())
