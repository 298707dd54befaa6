"""Whatever became of files meanwhile, they are again as they were, and what was not touched is not touched."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from claif.worktree.undo import Undo
from worktree.repo import files_of, write

NAMES = ("a", "b", "d/c", "d/e/f", "new/g")
FILES = st.dictionaries(st.sampled_from(NAMES), st.binary(max_size=3))


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
