"""Whatever became of files meanwhile, they are again as they were, and what was not touched is not touched."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.worktree.undo import Undo
from worktree.repo import files_of, write

NAMES = ("a", "b", "d/c", "d/e/f", "new/g")
FILES = st.dictionaries(st.sampled_from(NAMES), st.binary(max_size=3))
CLASHING = ("a", "a/b", "a/b/c", "d", "d/e")
TREES = st.dictionaries(st.sampled_from(CLASHING), st.binary(max_size=3)).filter(
    lambda files: not any(name.startswith(f"{other}/") for name in files for other in files)
)


def folders_of(top: Path) -> set[str]:
    return {root for root, _, _ in os.walk(top)}


@given(FILES, FILES, st.sets(st.sampled_from(NAMES)))
def test_all_is_as_it_was(before: dict[str, bytes], after: dict[str, bytes], gone: set[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        top, store = Path(folder, "top"), Path(folder, "store")
        top.mkdir()
        store.mkdir()
        write(top, before)
        expected = files_of(top), folders_of(top)
        looks = {name: (top / name).lstat() for name in before}
        undo = Undo(top, NAMES, store)
        for name in gone & set(before):
            (top / name).unlink()
        write(top, after)
        undo.undo()
        assert (files_of(top), folders_of(top)) == expected
        for name in set(before) - gone - set(after):
            assert (top / name).lstat() == looks[name]
        undo.close()
        assert os.listdir(store) == []


def test_links_modes_and_what_stands_in_the_way_of_a_folder_come_back(tmp_path: Path) -> None:
    top, store = tmp_path / "top", tmp_path / "store"
    store.mkdir()
    write(top, {"program": "#!/bin/sh\n", "way": "in the way\n"})
    (top / "program").chmod(0o755)
    (top / "link").symlink_to("nowhere")
    before = files_of(top)
    undo = Undo(top, ["program", "link", "way/x"], store)
    (top / "program").unlink()
    (top / "link").unlink()
    write(top, {"program": "changed", "link": "no link"})
    undo.undo()
    assert files_of(top) == before


def test_nothing_elsewhere_is_copied_or_written(tmp_path: Path) -> None:
    top, store = tmp_path / "top", tmp_path / "store"
    store.mkdir()
    write(top, {"a": "a"})
    write(tmp_path, {"outside": "o"})
    undo = Undo(top, ["../outside", str(tmp_path / "outside"), "a/../../outside"], store)
    assert [path.name for copies in store.iterdir() for path in copies.iterdir()] == []
    shutil.rmtree(top)
    (tmp_path / "outside").write_text("changed")
    undo.undo()
    assert (tmp_path / "outside").read_text() == "changed"


@given(TREES, TREES)
def test_files_and_folders_that_have_changed_places_are_where_they_were(
    before: dict[str, bytes], after: dict[str, bytes]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        top, store = Path(folder, "top"), Path(folder, "store")
        top.mkdir()
        store.mkdir()
        write(top, before)
        expected = files_of(top), folders_of(top)
        undo = Undo(top, CLASHING, store)
        shutil.rmtree(top)
        top.mkdir()
        write(top, after)
        undo.undo()
        assert (files_of(top), folders_of(top)) == expected


@pytest.mark.parametrize("mode", [0o755, 0o700])
def test_a_file_that_became_a_folder_and_a_folder_that_became_a_file_come_back(tmp_path: Path, mode: int) -> None:
    top, store = tmp_path / "top", tmp_path / "store"
    store.mkdir()
    write(top, {"file": "precious\n", "folder/in/x": "x\n"})
    for name in ("empty", "folder"):
        (top / name).mkdir(exist_ok=True)
        (top / name).chmod(mode)
    before = files_of(top), folders_of(top)
    undo = Undo(top, ["file", "file/new/y", "folder", "folder/in/x", "empty"], store)
    (top / "file").unlink()
    shutil.rmtree(top / "folder")
    (top / "empty").rmdir()
    write(top, {"file/new/y": "y\n", "folder": "a file\n", "empty": "a file\n"})
    undo.undo()
    assert (files_of(top), folders_of(top)) == before
    assert [(top / name).stat().st_mode & 0o777 for name in ("empty", "folder")] == [mode, mode]


def test_nothing_is_removed_or_written_through_a_link_that_came_or_went(tmp_path: Path) -> None:
    top, store, elsewhere = tmp_path / "top", tmp_path / "store", tmp_path / "elsewhere"
    store.mkdir()
    write(top, {"folder/x": "x\n"})
    write(elsewhere, {"x": "theirs\n"})
    (top / "link").symlink_to(elsewhere)
    before = files_of(top)
    undo = Undo(top, ["folder", "folder/x", "link", "link/x"], store)
    shutil.rmtree(top / "folder")
    (top / "folder").symlink_to(elsewhere)
    (top / "link").unlink()
    write(top, {"link/x": "new\n"})
    undo.undo()
    assert files_of(top) == before
    assert files_of(elsewhere) == {"x": ("file", b"theirs\n")}


def test_what_somebody_else_has_put_in_the_place_of_a_file_is_an_error_and_the_copies_stay(tmp_path: Path) -> None:
    top, store = tmp_path / "top", tmp_path / "store"
    store.mkdir()
    write(top, {"a/b": "precious\n"})
    undo = Undo(top, ["a/b"], store)
    (top / "a" / "b").unlink()
    write(top, {"a/b/theirs": "t\n"})
    with pytest.raises(OSError, match="a/b"):
        undo.undo()
    assert (undo.copies / "a" / "b").read_text() == "precious\n"
    assert files_of(top) == {"a/b/theirs": ("file", b"t\n")}


def test_what_cannot_be_copied_leaves_no_copies(tmp_path: Path) -> None:
    top, store = tmp_path / "top", tmp_path / "store"
    store.mkdir()
    write(top, {"a": "a"})
    os.mkfifo(top / "fifo")
    with pytest.raises(OSError, match="fifo"):
        Undo(top, ["a", "fifo"], store)
    assert os.listdir(store) == []
