"""A project is written as a whole or not at all, and over nothing."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from claif.errors import PluginError
from claif.scaffold import write
from claif.scaffold.write import write_project

FILES = {"README.md": "Grüße\n", "package/__init__.py": "", "package/deep/a.py": "1\n"}


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_files_are_there_and_nothing_beside_them(tmp_path: Path) -> None:
    write_project(tmp_path / "new", FILES)
    assert tree(tmp_path / "new") == FILES
    assert os.listdir(tmp_path) == ["new"]


def test_the_folder_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    write_project(tmp_path / "new", FILES)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("new", "other")]
    assert modes[0] == modes[1]


def test_an_empty_folder_is_as_good_as_none(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    write_project(tmp_path / "new", FILES)
    assert tree(tmp_path / "new") == FILES


def test_a_relative_place_is_meant_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_project(Path("new"), FILES)
    assert tree(tmp_path / "new") == FILES


@pytest.mark.parametrize("what", ["folder", "hidden", "file", "link", "dangling", "here"])
def test_what_exists_is_not_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    place, other = tmp_path / "new", tmp_path / "other"
    other.mkdir()
    if what in {"folder", "hidden"}:
        place.mkdir()
        (place / (".git" if what == "hidden" else "mine.txt")).write_text("mine")
    elif what == "file":
        place.write_text("mine")
    elif what == "here":
        place.mkdir()
        monkeypatch.chdir(place)
    else:
        place.symlink_to(other if what == "link" else tmp_path / "nowhere")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(PluginError, match="exists already") as caught:
        write_project(place, FILES)
    assert "--directory" in (caught.value.hint or "")
    assert sorted(tmp_path.rglob("*")) == before


def test_somebody_who_is_faster_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill = write._fill

    def slow(folder: Path, files: dict[str, str]) -> None:
        fill(folder, files)
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / "mine.txt").write_text("mine")

    monkeypatch.setattr(write, "_fill", slow)
    with pytest.raises(PluginError, match="exists already"):
        write_project(tmp_path / "new", FILES)
    assert tree(tmp_path / "new") == {"mine.txt": "mine"}
    assert os.listdir(tmp_path) == ["new"]


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill = write._fill

    def full(folder: Path, files: dict[str, str]) -> None:
        fill(folder, dict(list(files.items())[:2]))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(write, "_fill", full)
    with pytest.raises(PluginError, match="No space left on device"):
        write_project(tmp_path / "new", FILES)
    assert os.listdir(tmp_path) == []


def test_a_place_in_nowhere_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="does not exist") as caught:
        write_project(tmp_path / "a" / "new", FILES)
    assert "mkdir -p" in (caught.value.hint or "")
